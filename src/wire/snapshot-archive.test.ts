import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import { SeededRandom } from "../base/index.ts";
import { readArchive, type SnapshotMeta, UnreadableArchive, writeArchive } from "./snapshot-archive.ts";
import { tarEnd, tarPadding, writeTarHead } from "./tar.ts";

const about = {
  index: 7,
  term: 2,
  at: 1_795_342_800_000,
  servers: [{ id: "a", address: "10.0.0.1:4647", voter: true }],
};
const someState = Buffer.from("all that the servers know ".repeat(40_000));

async function* inPieces(bytes: Buffer, length = bytes.length): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

async function whole(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const piece of pieces) parts.push(piece);
  return Buffer.concat(parts);
}

const written = (state = someState): Promise<Buffer> =>
  whole(writeArchive(about, state.length, inPieces(state, 64_000)));

async function read(archive: Buffer, { pieces = archive.length, maxStateBytes = 1e9 } = {}) {
  const reading = readArchive(inPieces(archive, pieces), { maxStateBytes });
  const parts: Uint8Array[] = [];
  for (;;) {
    const { done, value } = await reading.next();
    if (done) return { meta: value as SnapshotMeta, state: Buffer.concat(parts) };
    parts.push(Buffer.from(value));
  }
}

/** A gzipped tar of files, as anybody may make one. */
function packed(files: readonly (readonly [name: string, content: string | Buffer])[], end: Buffer = tarEnd): Buffer {
  const blocks = files.flatMap(([name, text]) => {
    const content = Buffer.from(text);
    return [writeTarHead({ name, sizeBytes: content.length }), content, Buffer.alloc(tarPadding(content.length))];
  });
  return gzipSync(Buffer.concat([...blocks, end]));
}

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const metaText = JSON.stringify({ Version: 1, ID: "2-7-1", Index: 7, Term: 2, Size: 2 });
const sums = (meta = metaText, state = "st") => `${sha256(meta)}  meta.json\n${sha256(state)}  state.bin\n`;

test("what was written is read again, in pieces of any size", async () => {
  const archive = await written();
  assert.ok(archive.length < someState.length / 10, `${archive.length}`);
  for (const pieces of [archive.length, 1000, 7]) {
    const { meta, state } = await read(archive, { pieces });
    assert.deepEqual(meta, { Version: 1, ID: "2-7-1795342800000", Index: 7, Term: 2, Size: someState.length });
    assert.ok(state.equals(someState));
  }
});

test("it is the same file each time, and a tar that other programs read", async () => {
  const archive = await written(Buffer.from("st"));
  assert.ok(archive.equals(await written(Buffer.from("st"))));
  const tar = gunzipSync(archive);
  assert.deepEqual(
    [tar.toString("latin1", 0, 9), tar.toString("latin1", 257, 262), tar.length % 512],
    ["meta.json", "ustar", 0],
  );
});

test("an empty state has an archive too", async () => {
  assert.equal((await read(await written(Buffer.alloc(0)))).state.length, 0);
});

test("an archive that another program packed is read, in whatever order its files are", async () => {
  const files = [
    ["state.bin", "st"],
    ["SHA256SUMS", sums()],
    ["meta.json", metaText],
  ] as const;
  assert.equal((await read(packed(files))).state.toString(), "st");
  assert.equal((await read(packed(files, Buffer.alloc(20 * 512)))).meta.Index, 7);
});

test("what is missing, doubled, strange or too long is refused, and named", async () => {
  const [meta, state, sum] = [
    ["meta.json", metaText],
    ["state.bin", "st"],
    ["SHA256SUMS", sums()],
  ] as const;
  const all = [meta, state, sum];
  const cases: readonly (readonly [Buffer, RegExp])[] = [
    [packed([meta, sum]), /there is no "state.bin" in it/],
    [packed([meta, state]), /there is no "SHA256SUMS" in it/],
    [packed([state, sum]), /there is no "meta.json" in it/],
    [packed([...all, state]), /it holds "state.bin" twice/],
    [packed([...all, ["evil", "x"]]), /it holds a file "evil"/],
    [packed([meta, ["state.bin", "ts"], sum]), /"state.bin" is damaged: its SHA-256 is [0-9a-f]{64}, not [0-9a-f]{64}/],
    [packed([meta, state, ["SHA256SUMS", "nothing"]]), /SHA256SUMS does not tell of "meta.json"/],
    [packed([["meta.json", "{"], state, ["SHA256SUMS", sums("{")]]), /meta.json is no JSON/],
    [packed([["meta.json", "{}"], state, ["SHA256SUMS", sums("{}")]]), /meta.json says something else than expected/],
    [
      packed([["meta.json", metaText.replace(":1", ":9")], state, ["SHA256SUMS", sums(metaText.replace(":1", ":9"))]]),
      /it is of version 9, and this program reads 1/,
    ],
    [
      packed([["meta.json", Buffer.alloc(2 ** 20 + 1)], state, sum]),
      /"meta.json" has 1048577 bytes, and at most 1048576 are read/,
    ],
    [packed(all, Buffer.alloc(512)), /it is cut short/],
    [packed(all, Buffer.alloc(1024, 1)), /it is no tar: a head's checksum does not fit/],
    [packed(all, Buffer.concat([tarEnd, Buffer.from("more")])), /it goes on after its end/],
    [gzipSync("no tar"), /it is cut short/],
    [Buffer.from("no gzip"), /incorrect header check/],
    [Buffer.alloc(0), /it is cut short|unexpected end/],
  ];
  for (const [archive, message] of cases) {
    await assert.rejects(read(archive), (error: Error) => {
      assert.ok(error instanceof UnreadableArchive, `${error}`);
      assert.match(error.message, message);
      return true;
    });
  }
});

test("a bomb is refused by what its head says, or by what it goes on with, and is not unpacked", async () => {
  const state = Buffer.alloc(30_000_000);
  const bomb = await written(state);
  assert.ok(bomb.length < 300_000);
  let given = 0;
  const counting = async () => {
    for await (const piece of readArchive(inPieces(bomb, 1000), { maxStateBytes: 20_000_000 })) given += piece.length;
  };
  await assert.rejects(counting(), /"state.bin" has 30000000 bytes, and at most 20000000 are read/);
  assert.equal(given, 0);
  const endless = packed([["meta.json", metaText]], Buffer.alloc(30_000_000));
  await assert.rejects(read(endless), /it goes on after its end/);
});

test("cut anywhere, a file is refused", async () => {
  const archive = await written(Buffer.from("some state ".repeat(20)));
  for (let length = 0; length < archive.length; length++) {
    await assert.rejects(read(archive.subarray(0, length)), UnreadableArchive, `${length} of ${archive.length} bytes`);
  }
});

test("with any bit flipped, a file is refused or says the very same", async () => {
  const state = Buffer.from("some state ".repeat(20));
  const archive = await written(state);
  const original = await read(archive);
  let refused = 0;
  for (let bit = 0; bit < archive.length * 8; bit++) {
    const damaged = Buffer.from(archive);
    damaged[bit >> 3]! ^= 1 << (bit & 7);
    try {
      assert.deepEqual(await read(damaged), original, `bit ${bit}`);
    } catch (error) {
      assert.ok(error instanceof UnreadableArchive, `bit ${bit}: ${error}`);
      refused++;
    }
  }
  assert.ok(refused > archive.length * 7, `${refused} of ${archive.length * 8}`);
});

test("garbage is refused, packed or not", async () => {
  const random = new SeededRandom("garbage");
  for (let round = 0; round < 300; round++) {
    const garbage = Buffer.from(Array.from({ length: random.below(2000) }, () => random.below(256)));
    await assert.rejects(read(garbage), UnreadableArchive);
    await assert.rejects(read(gzipSync(garbage)), UnreadableArchive);
  }
});

test("what goes wrong on the way to the archive is told as it is", async () => {
  const broken = async function* () {
    yield (await written()).subarray(0, 100);
    throw new TypeError("the connection broke");
  };
  const reading = async () => {
    for await (const _ of readArchive(broken(), { maxStateBytes: 1e9 }));
  };
  await assert.rejects(reading(), new TypeError("the connection broke"));
});
