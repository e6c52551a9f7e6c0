import { join } from "node:path/posix";
import type { FileStatus, OpenFile, Runtime } from "../../runtime/index.ts";
import { refusal } from "./artifact-error.ts";
import { linkProblem } from "./safe-path.ts";

/** What a tree was found to hold. */
export interface TreeSummary {
  readonly entries: number;
  /** As the files say, though a sparse one takes less. */
  readonly bytes: number;
  /** How many devices, pipes and sockets were taken out. */
  readonly dropped: number;
}

export interface TreeLimits {
  readonly entries: number;
  readonly bytes: number;
}

/** Directories deeper than this are no artifact. */
const deepest = 200;

/**
 * Looks at all that is below `root`, following no link: links must stay within the tree, devices and the like are taken
 * out, and bits beyond reading, writing and executing come off. Directories stay open to their owner. Throws
 * `ArtifactError`.
 */
export async function inspectTree(
  { disk }: Pick<Runtime, "disk">,
  root: OpenFile,
  limits: TreeLimits,
  signal: AbortSignal,
): Promise<TreeSummary> {
  let [entries, bytes, dropped] = [0, 0, 0];
  const visit = async (directory: string, names: readonly string[]): Promise<void> => {
    if (names.length > deepest) throw refusal("the artifact's directories are nested too deeply");
    signal.throwIfAborted();
    for (const entry of await disk.list(directory)) {
      const path = join(directory, entry.name);
      const below = [...names, entry.name];
      entries += 1;
      if (entries > limits.entries) throw refusal(`the artifact has more than ${limits.entries} entries`);
      if (entry.isLink) refuseStray(below.join("/"), await disk.readLink(path));
      else if (entry.isDirectory) {
        await disk.changeMode(path, (entry.mode & 0o777) | 0o700);
        await visit(path, below);
      } else if (entry.isFile) {
        bytes += entry.sizeBytes;
        if (bytes > limits.bytes) throw refusal(`the artifact has more than ${limits.bytes} bytes`);
        if (hasSpecialBits(entry)) await disk.changeMode(path, entry.mode & 0o777);
      } else {
        await disk.remove(path);
        dropped += 1;
      }
    }
  };
  await visit(root.lastingPath, []);
  return { entries, bytes, dropped };
}

function refuseStray(path: string, target: string): void {
  const problem = linkProblem(path, target);
  if (problem !== undefined) throw refusal(`the link ${JSON.stringify(path)} to ${JSON.stringify(target)} ${problem}`);
}

function hasSpecialBits({ mode }: FileStatus): boolean {
  return (mode & 0o7000) !== 0;
}
