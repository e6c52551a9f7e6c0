import { join } from "node:path/posix";
import { withEither } from "../../base/index.ts";
import type { OpenFile } from "../../runtime/index.ts";
import type { ArchiveKind } from "./archive-kind.ts";
import { refusal } from "./artifact-error.ts";
import { type HelperTools, helper, succeeded } from "./helper.ts";
import { pathProblem } from "./safe-path.ts";
import type { UnpackingBudget } from "./unpacking-budget.ts";

/** How much of an archive is read in one go. */
const slice = 256 * 1024;

/** How each compression is taken off: from standard input to standard output, with bounded memory. */
const decompressors = {
  gzip: ["gzip", "-dc"],
  bzip2: ["bzip2", "-dc"],
  xz: ["xz", "-dc", "--threads=1", "--memlimit-decompress=512MiB"],
} as const;

export interface Unpacking {
  /** A fresh directory that nobody else writes to; the archive is in it. */
  readonly directory: OpenFile;
  readonly archive: string;
  readonly kind: ArchiveKind;
  /** What a single file is called. */
  readonly fileName: string;
  readonly budget: UnpackingBudget;
}

/**
 * Unpacks the archive into the directory `into`, which is fresh too, both by their names in `directory`. What an archive
 * says of itself is not believed: bytes and entries are counted as they come. What comes out must be looked at
 * before it is used. Throws `ArtifactError` for an archive that is broken, too large, or names what is outside.
 */
export async function unpack(tools: HelperTools, unpacking: Unpacking, into: string): Promise<void> {
  const { directory, archive, kind, fileName, budget } = unpacking;
  const paths = {
    archive: join(directory.lastingPath, archive),
    into: join(directory.lastingPath, into),
  };
  if (kind.container === "zip") return unzip(tools, paths, budget);
  const plain = decompressed(tools, paths.archive, kind.compression);
  if (kind.container === "tar") await untar(tools, budget.counted(plain), paths.into, budget);
  else await writeSingle(tools, budget.counted(plain), join(paths.into, fileName));
}

/** The archive without its compression. */
async function* decompressed(
  tools: HelperTools,
  archive: string,
  compression: ArchiveKind["compression"],
): AsyncGenerator<Uint8Array> {
  const packed = contentOf(tools, archive);
  if (compression === undefined) {
    yield* packed;
    return;
  }
  const command = decompressors[compression];
  const { output, ended } = tools.runtime.processes.pipe(helper(tools, command, "/"), {
    signal: tools.signal,
    input: packed,
  });
  const end = succeeded(command[0], ended);
  end.catch(() => undefined);
  yield* output;
  await end;
}

async function* contentOf({ runtime, signal }: HelperTools, path: string): AsyncGenerator<Uint8Array> {
  const file = await runtime.disk.open(path, "read");
  try {
    for (let offset = 0; ; ) {
      signal.throwIfAborted();
      const bytes = await file.read(offset, slice);
      if (bytes.length === 0) return;
      yield bytes;
      offset += bytes.length;
    }
  } finally {
    await file.close();
  }
}

async function writeSingle(tools: HelperTools, bytes: AsyncIterable<Uint8Array>, path: string): Promise<void> {
  const file = await tools.runtime.disk.open(path, "append", 0o644);
  try {
    for await (const chunk of bytes) await file.append(chunk);
  } finally {
    await file.close();
  }
}

/**
 * GNU tar keeps within its directory by itself: it takes leading slashes away, refuses `..`, and makes links that
 * lead out only when all else is there, so that nothing is written through them. It names each entry as it comes,
 * one a line, by which they are counted.
 */
async function untar(
  tools: HelperTools,
  plain: AsyncIterable<Uint8Array>,
  into: string,
  budget: UnpackingBudget,
): Promise<void> {
  const command = ["tar", "--extract", "--file=-", "--verbose", "--quoting-style=escape", "--same-permissions"];
  const quiet = ["--no-same-owner", "--no-acls", "--no-selinux", "--no-xattrs", "--warning=no-timestamp"];
  const program = helper(tools, [...command, ...quiet], into);
  await linesCounted(tools, program, budget, plain);
}

/**
 * A zip archive has its list at the end, and says of each entry how large it is. So the list is read first, then all is
 * unpacked into nothing and counted, and only then onto the disk: by the same program, which reads the same list.
 */
async function unzip(
  tools: HelperTools,
  paths: { readonly archive: string; readonly into: string },
  budget: UnpackingBudget,
): Promise<void> {
  const run = (...args: readonly string[]) => helper(tools, ["unzip", ...args], paths.into);
  await linesCounted(tools, run("-Z1", paths.archive), budget, undefined, refuseOutside);
  await counted(tools, run("-p", paths.archive), (chunk) => budget.takeBytes(chunk.length));
  await succeeded("unzip", tools.runtime.processes.run(run("-oqq", paths.archive), { signal: tools.signal }));
}

function refuseOutside(name: string): void {
  const problem = pathProblem(name);
  if (problem !== undefined) throw refusal(`the archive's entry ${JSON.stringify(name)} ${problem}`);
}

/** Runs a helper that names an entry a line. */
async function linesCounted(
  tools: HelperTools,
  program: ReturnType<typeof helper>,
  budget: UnpackingBudget,
  input?: AsyncIterable<Uint8Array>,
  look: (line: string) => void = () => {},
): Promise<void> {
  let rest = "";
  const take = (chunk: Uint8Array) => {
    const lines = (rest + Buffer.from(chunk).toString("latin1")).split("\n");
    rest = lines.pop() ?? "";
    budget.takeEntries(lines.length);
    for (const line of lines) look(Buffer.from(line, "latin1").toString("utf8"));
  };
  await counted(tools, program, take, input);
}

/** Runs a helper to its end, with a look at all that it prints; what `take` throws ends it. */
async function counted(
  { runtime, signal }: HelperTools,
  program: ReturnType<typeof helper>,
  take: (chunk: Uint8Array) => void,
  input?: AsyncIterable<Uint8Array>,
): Promise<void> {
  const stop = new AbortController();
  await withEither([signal, stop.signal], async (either) => {
    const { output, ended } = runtime.processes.pipe(program, { signal: either, input });
    const end = succeeded(program.command, ended);
    end.catch(() => undefined);
    try {
      for await (const chunk of output) take(chunk);
    } catch (error) {
      stop.abort(error);
      await end.catch(() => undefined);
      throw error;
    }
    await end;
  });
}
