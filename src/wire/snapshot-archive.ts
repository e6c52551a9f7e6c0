import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import * as z from "zod";
import { GrowingBytes } from "../base/index.ts";
import { gunzipped } from "./gunzip.ts";
import { describeIssues } from "./schema.ts";
import { readTarHead, type TarHead, tarBlockBytes, tarEnd, tarPadding, writeTarHead } from "./tar.ts";

// A snapshot as a file for people to keep: a gzipped tar of three files, which are in it in this order.
//
//     meta.json     what it is a snapshot of
//     state.bin     the state, as the servers write it
//     SHA256SUMS    the digests of the other two
//
// Source: the files that `nomad operator snapshot save` of 1.x writes.

/** Of the state, before it is packed: some milliseconds of work. */
const sliceBytes = 512 * 1024;
/** Fast; a state packs well at any level. */
const level = 3;
/** Of the two files beside the state. */
const longestNote = 1024 * 1024;
const version = 1;

const whole = z.int().nonnegative();

/** What `meta.json` says. Its names are those of 1.x; what others put beside them is not looked at. */
const metaFields = z.object({
  Version: whole,
  ID: z.string(),
  Index: whole,
  Term: whole,
  Size: whole,
});
export type SnapshotMeta = z.infer<typeof metaFields>;

/** A server of the cluster that a snapshot is of. */
export interface SnapshotServer {
  readonly id: string;
  readonly address: string;
  readonly voter: boolean;
}

/** A file is no snapshot, or not a whole one. The message says what is amiss. */
export class UnreadableArchive extends Error {
  override readonly name = "UnreadableArchive";

  constructor(found: string, options?: ErrorOptions) {
    super(`Cannot read the snapshot: ${found}`, options);
  }
}

/**
 * The file of a snapshot, piece by piece as it is asked for; the same bytes each time. `sizeBytes` is what `state` comes to.
 */
export async function* writeArchive(
  about: {
    readonly index: number;
    readonly term: number;
    readonly at: number;
    readonly servers: readonly SnapshotServer[];
  },
  sizeBytes: number,
  state: AsyncIterable<Uint8Array>,
): AsyncIterable<Uint8Array> {
  const { index, term, at, servers } = about;
  const meta = Buffer.from(
    `${JSON.stringify({
      Version: version,
      ID: `${term}-${index}-${at}`,
      Index: index,
      Term: term,
      Configuration: {
        Servers: servers.map(({ id, address, voter }) => ({ Suffrage: voter ? 0 : 1, ID: id, Address: address })),
      },
      ConfigurationIndex: 0,
      Size: sizeBytes,
    })}\n`,
  );
  const held = new GrowingBytes();
  const packed = () => gzipSync(held.take(), { level });
  appendFile(held, "meta.json", meta);
  held.append(writeTarHead({ name: "state.bin", sizeBytes }));
  const hash = createHash("sha256");
  for await (const piece of state) {
    hash.update(piece);
    held.append(piece);
    if (held.length >= sliceBytes) yield packed();
  }
  held.append(Buffer.alloc(tarPadding(sizeBytes)));
  const sums = `${createHash("sha256").update(meta).digest("hex")}  meta.json\n${hash.digest("hex")}  state.bin\n`;
  appendFile(held, "SHA256SUMS", Buffer.from(sums));
  held.append(tarEnd);
  yield packed();
}

function appendFile(held: GrowingBytes, name: string, content: Buffer): void {
  held.append(writeTarHead({ name, sizeBytes: content.length }));
  held.append(content);
  held.append(Buffer.alloc(tarPadding(content.length)));
}

/**
 * The state in the file of a snapshot, piece by piece; returns, once all of it has been seen and its digests fit, what it
 * is a snapshot of. Until then nothing of it is certain. Throws `UnreadableArchive`, also when the state is longer than
 * `maxStateBytes`; and what `bytes` throws.
 */
export async function* readArchive(
  bytes: AsyncIterable<Uint8Array>,
  { maxStateBytes }: { readonly maxStateBytes: number },
): AsyncGenerator<Uint8Array, SnapshotMeta> {
  const source = new Failing(bytes);
  const blocks = new Blocks(gunzipped(source));
  try {
    return yield* readFiles(blocks, maxStateBytes);
  } catch (error) {
    if (source.failure !== undefined) throw source.failure;
    if (error instanceof UnreadableArchive) throw error;
    throw new UnreadableArchive(error instanceof Error ? error.message : String(error), { cause: error });
  } finally {
    await blocks.leave();
  }
}

async function* readFiles(blocks: Blocks, maxStateBytes: number): AsyncGenerator<Uint8Array, SnapshotMeta> {
  const notes = new Map<string, Buffer>();
  const digests = new Map<string, string>();
  for (let head = await nextHead(blocks); head !== undefined; head = await nextHead(blocks)) {
    const { name, sizeBytes } = head;
    const isState = name === "state.bin";
    const limit = isState ? maxStateBytes : longestNote;
    if (!isState && name !== "meta.json" && name !== "SHA256SUMS") throw new Error(`it holds a file "${name}"`);
    if (digests.has(name)) throw new Error(`it holds "${name}" twice`);
    if (sizeBytes > limit) throw new Error(`"${name}" has ${sizeBytes} bytes, and at most ${limit} are read`);
    const hash = createHash("sha256");
    const note = new GrowingBytes();
    for await (const piece of blocks.pieces(sizeBytes)) {
      hash.update(piece);
      if (isState) yield piece;
      else note.append(piece);
    }
    await blocks.exactly(tarPadding(sizeBytes));
    digests.set(name, hash.digest("hex"));
    notes.set(name, note.take());
  }
  await blocks.end();
  return checked(notes, digests);
}

async function nextHead(blocks: Blocks): Promise<TarHead | undefined> {
  const head = readTarHead(await blocks.exactly(tarBlockBytes));
  if (head === undefined) readEnd(await blocks.exactly(tarBlockBytes));
  return head;
}

function readEnd(block: Buffer): void {
  if (block.some((byte) => byte !== 0)) throw new Error("it goes on after its end");
}

function checked(notes: ReadonlyMap<string, Buffer>, digests: ReadonlyMap<string, string>): SnapshotMeta {
  for (const name of ["meta.json", "state.bin", "SHA256SUMS"]) {
    if (!digests.has(name)) throw new Error(`there is no "${name}" in it`);
  }
  const sums = new Map(
    String(notes.get("SHA256SUMS"))
      .split("\n")
      .map((line) => {
        const [sum = "", name = ""] = line.split("  ");
        return [name, sum];
      }),
  );
  for (const name of ["meta.json", "state.bin"]) {
    const [found, expected] = [digests.get(name), sums.get(name)];
    if (expected === undefined) throw new Error(`SHA256SUMS does not tell of "${name}"`);
    if (found !== expected)
      throw new Error(`"${name}" is damaged: its SHA-256 is ${found}, not ${expected.slice(0, 100)}`);
  }
  const meta = metaFields.safeParse(parsed(String(notes.get("meta.json"))));
  if (!meta.success) throw new Error(`meta.json says something else than expected: ${describeIssues(meta.error)}`);
  if (meta.data.Version !== version)
    throw new Error(`it is of version ${meta.data.Version}, and this program reads ${version}`);
  return meta.data;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error("meta.json is no JSON", { cause });
  }
}

/** Takes bytes by counts. */
class Blocks {
  readonly #source: AsyncGenerator<Uint8Array, void>;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(source: AsyncGenerator<Uint8Array, void>) {
    this.#source = source;
  }

  async *pieces(count: number): AsyncGenerator<Uint8Array, void> {
    for (let left = count; left > 0; ) {
      if (this.#rest.length === 0) await this.#more();
      const piece = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
  }

  async exactly(count: number): Promise<Buffer> {
    const parts: Uint8Array[] = [];
    for await (const piece of this.pieces(count)) parts.push(piece);
    return Buffer.concat(parts);
  }

  /** What writers fill a tar up with are zeros; all of it is read, so that its packing is checked to the end. */
  async end(): Promise<void> {
    for (let filled = this.#rest.length; ; ) {
      readEnd(Buffer.from(this.#rest));
      const { done, value } = await this.#source.next();
      if (done === true) return;
      filled += value.length;
      if (filled > longestNote) throw new Error("it goes on after its end");
      this.#rest = value;
    }
  }

  async leave(): Promise<void> {
    await this.#source.return();
  }

  async #more(): Promise<void> {
    const { done, value } = await this.#source.next();
    if (done === true) throw new Error("it is cut short");
    this.#rest = value;
  }
}

/** Remembers what went wrong before the bytes were ours to judge. */
class Failing implements AsyncIterable<Uint8Array> {
  readonly #bytes: AsyncIterable<Uint8Array>;
  failure: unknown;

  constructor(bytes: AsyncIterable<Uint8Array>) {
    this.#bytes = bytes;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void> {
    try {
      yield* this.#bytes;
    } catch (error) {
      this.failure = error;
      throw error;
    }
  }
}
