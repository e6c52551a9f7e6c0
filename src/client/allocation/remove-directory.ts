import { type Duration, later, seconds } from "../../base/index.ts";
import type { Runtime } from "../../runtime/index.ts";
import { parseMounts } from "../mounts.ts";
import { readIfThere } from "../read-if-there.ts";

/** A program that is started with no environment of its own still finds this one. */
const unmountProgram = "/bin/umount";
/** Who does not answer within this hangs, as a network that is gone may let it. */
const patience: Duration = seconds(10);

/**
 * Removes an allocation's directory. What is mounted below it is unmounted first, the last mounted first; nothing is
 * removed across a mount that stays. Rejects when something is left.
 */
export async function removeDirectory(
  runtime: Pick<Runtime, "clock" | "disk" | "processes">,
  root: string,
): Promise<void> {
  const mounts = parseMounts((await readIfThere(runtime.disk, "/proc/self/mounts")) ?? "");
  const below = mounts.filter(({ path }) => path === root || path.startsWith(`${root}/`));
  for (const { path } of below.reverse()) await unmount(runtime, path);
  await runtime.disk.removeTree(root);
}

async function unmount({ clock, processes }: Pick<Runtime, "clock" | "processes">, path: string): Promise<void> {
  const impatience = new AbortController();
  const late = () => impatience.abort(new Error(`"${path}" is not unmounted in time`));
  const cancel = clock.at(later(clock.now(), patience), late);
  const program = { command: unmountProgram, args: ["--", path], env: {}, workingDirectory: "/" };
  try {
    const { exitCode, stderr } = await processes.run(program, { signal: impatience.signal });
    if (exitCode !== 0) throw new Error(`Cannot unmount "${path}": ${stderr.trim()}`);
  } finally {
    cancel();
  }
}
