import { basename, dirname } from "node:path/posix";
import type { Runtime } from "../../runtime/index.ts";
import { parseMounts } from "../mounts.ts";

/** What the secrets of a task may take; enough for keys and certificates. */
const sizeOption = "size=1m,nr_inodes=4096";

const mountProgram = "/usr/bin/mount";

type Tools = Pick<Runtime, "disk" | "processes">;

/**
 * Makes a task's directory for secrets a file system in memory, so that they never reach a disk; one that is there from
 * before an agent's restart stays, with what is in it. False where the agent may not mount.
 */
export async function keepInMemory(
  tools: Tools,
  secrets: string,
  owner: { readonly uid: number; readonly gid: number } | undefined,
): Promise<boolean> {
  if (tools.processes.effectiveUserID !== 0) return false;
  if (await isMounted(tools, secrets)) return true;
  await tools.disk.makeDirectory(secrets, 0o700);
  // What a task has put in its place would lead the mount to where the link leads.
  const entries = await tools.disk.list(dirname(secrets));
  if (!entries.some(({ name, isDirectory }) => name === basename(secrets) && isDirectory)) {
    throw new Error(`"${secrets}" is not a directory`);
  }
  const ids = owner === undefined ? "" : `,uid=${owner.uid},gid=${owner.gid}`;
  const options = `nosuid,nodev,noexec,mode=0700,${sizeOption}${ids}`;
  return mount(tools, ["-t", "tmpfs", "-o", options, "tmpfs", secrets]);
}

async function isMounted({ disk }: Tools, path: string): Promise<boolean> {
  const mounts = parseMounts(Buffer.from(await disk.read("/proc/self/mounts")).toString());
  return mounts.some((mount) => mount.path === path);
}

/** Whether it was mounted. */
async function mount({ processes }: Tools, args: readonly string[]): Promise<boolean> {
  const program = { command: mountProgram, args, env: {}, workingDirectory: "/" };
  try {
    return (await processes.run(program, { signal: new AbortController().signal })).exitCode === 0;
  } catch {
    // There is no such program.
    return false;
  }
}
