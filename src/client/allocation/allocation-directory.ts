import { join } from "node:path/posix";
import type { AllocationID } from "../../model/index.ts";
import type { Disk, Runtime } from "../../runtime/index.ts";
import { logDirectory } from "../logs/log-file-names.ts";
import { pathComponentProblem } from "./path-component.ts";

/** Anyone may write: tasks run as users of the job's choice. */
const openToAll = 0o777;

/** The directories of one task, as the host sees them. */
export interface TaskPaths {
  readonly task: string;
  readonly local: string;
  readonly secrets: string;
}

/**
 * Where an allocation lives:
 *
 *     <root>/alloc/{data,logs,tmp}           shared by its tasks
 *     <root>/<task>/{local,tmp,secrets}      each task's own
 */
export interface AllocationPaths {
  readonly root: string;
  readonly shared: string;
  readonly logs: string;
}

/** A name from the servers cannot be a directory; nothing was made. */
export class UnsafeName extends Error {
  override readonly name = "UnsafeName";
}

/** Throws `UnsafeName` when the id would lead elsewhere. */
export function allocationPaths(base: string, id: AllocationID): AllocationPaths {
  const problem = pathComponentProblem(id);
  if (problem !== undefined) throw new UnsafeName(`Cannot use the allocation's id as a directory: ${problem}`);
  const root = join(base, id);
  return { root, shared: join(root, "alloc"), logs: join(root, logDirectory) };
}

/** Throws `UnsafeName` when the task's name would lead elsewhere. */
export function taskPaths(allocation: AllocationPaths, taskName: string): TaskPaths {
  const problem = pathComponentProblem(taskName);
  if (problem !== undefined) throw new UnsafeName(`Cannot use the task's name as a directory: ${problem}`);
  const task = join(allocation.root, taskName);
  return { task, local: join(task, "local"), secrets: join(task, "secrets") };
}

/** Makes the directories of an allocation and its tasks. What is there already stays. */
export async function buildAllocationDirectory(
  runtime: Pick<Runtime, "disk" | "processes">,
  allocation: AllocationPaths,
  taskNames: readonly string[],
): Promise<void> {
  refuseTwins(taskNames);
  const tasks = taskNames.map((name) => taskPaths(allocation, name));
  await runtime.disk.makeDirectory(allocation.root, 0o755);
  const nobody = runtime.processes.effectiveUserID === 0 ? await runtime.processes.user("nobody") : undefined;
  const { shared } = allocation;
  const directories = [
    ...[shared, join(shared, "data"), allocation.logs, join(shared, "tmp")],
    ...tasks.flatMap(({ task, local, secrets }) => [task, local, join(task, "tmp"), secrets]),
  ];
  for (const directory of directories) await makeOpenDirectory(runtime.disk, directory, nobody);
}

async function makeOpenDirectory(
  disk: Disk,
  path: string,
  owner: { readonly uid: number; readonly gid: number } | undefined,
): Promise<void> {
  await disk.makeDirectory(path, openToAll);
  if (owner !== undefined) await disk.changeOwner(path, owner.uid, owner.gid);
}

/** On some file systems names that differ only in case are one. */
function refuseTwins(names: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name.toLowerCase())) throw new UnsafeName(`Two tasks have the name "${name}" but for its case`);
    seen.add(name.toLowerCase());
  }
}
