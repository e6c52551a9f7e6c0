import { join } from "node:path/posix";
import { formatGoDuration } from "../../base/index.ts";
import type { TaskArtifact } from "../../model/index.ts";
import type { OpenFile, Runtime } from "../../runtime/index.ts";
import { ArtifactError, refusal } from "./artifact-error.ts";
import type { ArtifactLimits } from "./artifact-limits.ts";
import { parseArtifact, type WantedArtifact } from "./artifact-source.ts";
import { verifyChecksum } from "./checksum.ts";
import { cloneMercurial } from "./clone-mercurial.ts";
import { cloneRepository } from "./clone-repository.ts";
import { copyFile } from "./copy-file.ts";
import { within } from "./deadline.ts";
import { type ArtifactDirectories, artifactDestination } from "./destination.ts";
import { download } from "./download.ts";
import { inspectTree, type TreeSummary } from "./inspect-tree.ts";
import { moveContents } from "./move-into-place.ts";
import { openPathWithin, openWithin } from "./open-within.ts";
import { jobHeaders, s3Headers } from "./request-headers.ts";
import { fileNameProblem } from "./safe-path.ts";
import { unpack } from "./unpack.ts";
import { UnpackingBudget } from "./unpacking-budget.ts";

export interface FetchTools {
  readonly runtime: Pick<Runtime, "clock" | "disk" | "processes" | "web">;
  readonly limits: ArtifactLimits;
  readonly signal: AbortSignal;
  /** Told how many bytes have come, and of how many if that is known. */
  readonly progress: (received: number, expected: number | undefined) => void;
}

export interface FetchPlace extends ArtifactDirectories {
  /** A name for the directory in which an artifact is made ready; what is left there from before is removed. */
  readonly stage: string;
}

/** What was fetched, for the log. */
export interface Fetched {
  readonly source: string;
  readonly bytes: number;
  readonly entries: number;
  readonly dropped: number;
}

/** Names in the stage. */
const downloaded = "download";
const unpacked = "unpacked";
/** A clone is limited by its size alone. */
const anyNumber = Number.POSITIVE_INFINITY;

/**
 * Fetches an artifact whose references have been resolved into its destination. All is made ready and checked in a
 * directory beside it that nobody else may look into, and moved at the end; nothing is left when that fails. Throws
 * `ArtifactError`, what the disk throws, or the signal's reason.
 */
export async function fetchArtifact(tools: FetchTools, artifact: TaskArtifact, place: FetchPlace): Promise<Fetched> {
  const { disk } = tools.runtime;
  const wanted = parseArtifact(artifact);
  const destination = artifactDestination(artifact.RelativeDest, wanted.mode, place);
  refuseImpossible(wanted, tools.limits);
  const fileName = destination.fileName ?? wanted.fileName;
  const base = await disk.open(destination.base, "read");
  try {
    const into = await openPathWithin(disk, base, destination.directory, { mode: 0o755 });
    try {
      return await staged(tools, into, place.stage, (stage) => fetchInto(tools, { ...wanted, fileName }, stage, into));
    } finally {
      await into.close();
    }
  } finally {
    await base.close();
  }
}

function refuseImpossible(wanted: WantedArtifact, limits: ArtifactLimits): void {
  const { source, mode, archive, checksum, subdirectory, fileName } = wanted;
  const isRepository = source.kind === "git" || source.kind === "hg";
  const isTree = isRepository || archive?.container !== undefined;
  if (source.kind === "file" && !limits.allowFiles) throw refusal("download not supported for scheme 'file'");
  if (mode === "dir" && !isTree) throw refusal('mode "dir" needs an archive or a repository');
  if (mode === "file" && isRepository) throw refusal('mode "file" needs something else than a repository');
  if (checksum !== undefined && isRepository) throw refusal("a repository has no checksum; name a commit instead");
  if (subdirectory !== "" && !isTree) throw refusal("only archives and repositories have parts");
  const problem = isTree ? undefined : fileNameProblem(fileName);
  if (problem !== undefined) throw refusal(`the source's file name ${JSON.stringify(fileName)} ${problem}`);
}

/** Has `act` work in a fresh directory in `into`, and removes it afterwards. */
async function staged<Result>(
  { runtime: { disk } }: FetchTools,
  into: OpenFile,
  name: string,
  act: (stage: OpenFile) => Promise<Result>,
): Promise<Result> {
  const path = join(into.lastingPath, name);
  await disk.removeTree(path);
  try {
    const stage = await openWithin(disk, into, name, { mode: 0o700 });
    return await act(stage).finally(() => stage.close());
  } finally {
    await disk.removeTree(path);
  }
}

async function fetchInto(tools: FetchTools, wanted: WantedArtifact, stage: OpenFile, into: OpenFile): Promise<Fetched> {
  const { runtime, limits } = tools;
  const { source, archive, checksum, fileName, shown } = wanted;
  if (source.kind === "git" || source.kind === "hg") {
    const time = source.kind === "git" ? limits.gitTime : limits.mercurialTime;
    await timely(tools, time, "cloning", (timed) =>
      source.kind === "git"
        ? cloneRepository({ ...tools, signal: timed }, source, stage, unpacked)
        : cloneMercurial({ ...tools, signal: timed }, source, stage, unpacked),
    );
    return { source: shown, ...(await placeTree(tools, wanted, stage, into, anyNumber)) };
  }
  const path = join(stage.lastingPath, downloaded);
  const bytes = await obtain(tools, wanted, path);
  if (checksum !== undefined) await verifyChecksum(runtime.disk, path, checksum, tools.signal);
  if (archive === undefined) {
    await runtime.disk.changeMode(path, 0o644);
    await runtime.disk.rename(path, join(into.lastingPath, fileName));
    return { source: shown, bytes, entries: 1, dropped: 0 };
  }
  const directory = await openWithin(runtime.disk, stage, unpacked, { mode: 0o755 });
  await directory.close();
  const budget = new UnpackingBudget(limits, bytes);
  const unpacking = { directory: stage, archive: downloaded, kind: archive, fileName, budget };
  await timely(tools, limits.downloadTime, "unpacking", (timed) =>
    unpack({ ...tools, signal: timed }, unpacking, unpacked),
  );
  return { source: shown, ...(await placeTree(tools, wanted, stage, into, limits.unpackedEntries)) };
}

function timely(
  { runtime, signal }: FetchTools,
  time: ArtifactLimits["gitTime"],
  what: string,
  act: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const late = () => new ArtifactError(`${what} took longer than ${formatGoDuration(time)}`);
  return within(runtime.clock, { time, late, signal }, act);
}

/** Gets the file itself, packed as it may be; returns its size. */
function obtain(tools: FetchTools, { source, headers }: WantedArtifact, path: string): Promise<number> {
  const { runtime, limits } = tools;
  switch (source.kind) {
    case "http":
      return download(tools, { url: source.url, headersFor: jobHeaders(source.url, headers) }, path);
    case "s3": {
      const { environment } = runtime.processes;
      const context = { environment, now: () => runtime.clock.wallTime() };
      const request = { url: source.url, headersFor: s3Headers(source.url, source.access, context) };
      return download({ ...tools, limits: { ...limits, downloadTime: limits.s3Time } }, request, path);
    }
    case "file":
      return copyFile(tools, source.path, path, limits.downloadBytes);
    case "git":
    case "hg":
      throw refusal("a repository is no file");
  }
}

/** Checks what was unpacked or cloned, and moves what is wanted of it to where it is wanted. */
async function placeTree(
  tools: FetchTools,
  { subdirectory, mode, fileName }: WantedArtifact,
  stage: OpenFile,
  into: OpenFile,
  entries: number,
): Promise<TreeSummary> {
  const { disk } = tools.runtime;
  const whole = await openWithin(disk, stage, unpacked);
  try {
    const part = await openPart(disk, whole, subdirectory);
    try {
      const limits = { entries, bytes: tools.limits.unpackedBytes };
      const summary = await inspectTree(tools.runtime, part, limits, tools.signal);
      if (mode === "file") await moveOnlyFile(disk, part, join(into.lastingPath, fileName));
      else await moveContents(disk, part, into);
      return summary;
    } finally {
      await part.close();
    }
  } finally {
    await whole.close();
  }
}

async function openPart(disk: Runtime["disk"], whole: OpenFile, subdirectory: string): Promise<OpenFile> {
  try {
    return await openPathWithin(disk, whole, subdirectory);
  } catch (error) {
    if (!["ENOENT", "ENOTDIR"].includes((error as { code?: string }).code ?? "")) throw error;
    throw refusal(`the artifact has no directory ${JSON.stringify(subdirectory)}`);
  }
}

async function moveOnlyFile(disk: Runtime["disk"], part: OpenFile, target: string): Promise<void> {
  const [only, ...others] = await part.list();
  if (only === undefined || others.length > 0 || !only.isFile) throw refusal("expected a single file in the archive");
  await disk.rename(join(part.lastingPath, only.name), target);
}
