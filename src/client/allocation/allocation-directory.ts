import { join } from "node:path/posix";
import type { AllocationID } from "../../model/index.ts";
import type { NewDirectory, Runtime } from "../../runtime/index.ts";
import { logDirectory } from "../logs/log-file-names.ts";
import { pathComponentProblem } from "./path-component.ts";
import { keepInMemory } from "./secrets-in-memory.ts";

/** Anyone may write: tasks run as users of the job's choice. */
const openToAll = 0o777;
/** Secrets are for the task's user alone. */
const ownerOnly = 0o700;

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

/** What directories are made for. */
export interface DirectoryTask {
  readonly Name: string;
  readonly User: string;
  /** It does not see the host; then its secrets are kept in memory. Who does see the host has them on disk. */
  readonly isIsolated: boolean;
}

/** Makes the directories of an allocation and its tasks. What is there already stays. */
export async function buildAllocationDirectory(
  runtime: Pick<Runtime, "disk" | "processes">,
  allocation: AllocationPaths,
  tasks: readonly DirectoryTask[],
): Promise<void> {
  refuseTwins(tasks.map(({ Name }) => Name));
  const ownerNamed = async (user: string) =>
    runtime.processes.effectiveUserID === 0 ? runtime.processes.user(user) : undefined;
  const nobody = await ownerNamed("nobody");
  const open = (path: string) => ({ path, mode: openToAll, owner: nobody });
  const directories: NewDirectory[] = [{ path: allocation.root, mode: 0o755 }];
  const { shared } = allocation;
  directories.push(open(shared), open(join(shared, "data")), open(allocation.logs), open(join(shared, "tmp")));
  const secretsInMemory: { readonly secrets: string; readonly owner: NewDirectory["owner"] }[] = [];
  for (const { Name, User, isIsolated } of tasks) {
    const { task, local, secrets } = taskPaths(allocation, Name);
    const owner = User === "" ? nobody : await ownerNamed(User);
    directories.push(open(task), open(local), open(join(task, "tmp")));
    if (isIsolated) secretsInMemory.push({ secrets, owner });
    else directories.push({ path: secrets, mode: ownerOnly, owner });
  }
  await runtime.disk.makeDirectories(directories);
  for (const { secrets, owner } of secretsInMemory) {
    if (await keepInMemory(runtime, secrets, owner)) continue;
    await runtime.disk.makeDirectories([{ path: secrets, mode: ownerOnly, owner }]);
  }
}

/** On some file systems names that differ only in case are one. */
function refuseTwins(names: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name.toLowerCase())) throw new UnsafeName(`Two tasks have the name "${name}" but for its case`);
    seen.add(name.toLowerCase());
  }
}
