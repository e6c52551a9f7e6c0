import { createHash } from "node:crypto";
import { join } from "node:path/posix";
import { nanoseconds, type Random, seconds } from "../../base/index.ts";
import type { Driver, RunningTask, TaskHandle } from "../../drivers/index.ts";
import type { AllocationID } from "../../model/index.ts";
import { type Clock, type Disk, endsWithin, type Log, type Processes } from "../../runtime/index.ts";

/** A directory of a run says in its name whose run it is: task names may be longer than what paths may hold. */
const [taskLength, driverLength, chanceLength] = [12, 4, 6];

/** The name of a new run's directory: the task, the driver, and something that no other run has. */
export function runName(task: string, driver: string, random: Random): string {
  return `${digest(task, taskLength)}-${digest(driver, driverLength)}${random.uuid().slice(0, chanceLength)}`;
}

/** How long a run may take to end that was killed. */
const killPatience = seconds(10);

/** A run that an earlier agent has left in its directory, whether there is a record of it or not. */
export interface LeftRun {
  readonly directory: string;
  isOf(task: string): boolean;
  isBy(driver: string): boolean;
}

/** The runs that an earlier agent has left, by their allocations. Each can be claimed once. */
export class LeftRuns {
  readonly #runs: Map<AllocationID, readonly LeftRun[]>;

  constructor(runs: ReadonlyMap<AllocationID, readonly LeftRun[]> = new Map()) {
    this.#runs = new Map(runs);
  }

  /** Looks into the directory that holds one for each allocation, with one for each of its runs. */
  static async find(disk: Disk, supervisionDirectory: string): Promise<LeftRuns> {
    const found = new Map<AllocationID, readonly LeftRun[]>();
    for (const { name: allocationID } of await directoriesIn(disk, supervisionDirectory)) {
      found.set(allocationID, await runsIn(disk, join(supervisionDirectory, allocationID)));
    }
    return new LeftRuns(found);
  }

  /** The runs of one allocation; from now on its runner answers for them. */
  claim(allocationID: AllocationID): readonly LeftRun[] {
    const runs = this.#runs.get(allocationID) ?? [];
    this.#runs.delete(allocationID);
    return runs;
  }

  /** What nobody has claimed. */
  claimAll(): ReadonlyMap<AllocationID, readonly LeftRun[]> {
    const runs = new Map(this.#runs);
    this.#runs.clear();
    return runs;
  }
}

/** The runs that have directories in that of their allocation. */
export async function runsIn(disk: Disk, directory: string): Promise<readonly LeftRun[]> {
  return (await directoriesIn(disk, directory)).map(({ name }) => leftRun(directory, name));
}

/** What runs are ended with. */
export interface EndingParts {
  readonly clock: Clock;
  readonly disk: Disk;
  readonly processes: Pick<Processes, "recover">;
  readonly log: Log;
  readonly drivers: Iterable<Driver<unknown>>;
}

/**
 * Ends a run that nobody wants any more, with all that it started, and removes its directory; tells whether it could. One
 * of a driver that is none of ours, such as a later agent may have had, is ended if it is a process of this machine. Never
 * rejects: what cannot be ended, or is not known what to be, stays where it is and is said.
 */
export async function endLeftRun(
  { clock, disk, processes, log, drivers }: EndingParts,
  allocationID: AllocationID,
  run: LeftRun,
): Promise<boolean> {
  const { directory } = run;
  try {
    const driver = [...drivers].find(({ name }) => run.isBy(name));
    const running =
      driver === undefined
        ? await supervisedRun(processes, directory)
        : await driver.recover(handleOfStart(driver.name, allocationID, directory));
    if (running === undefined && driver === undefined) throw new Error("its driver is unknown to this client");
    if (running !== undefined) await killAndDiscard(clock, running);
    await disk.removeTree(directory);
    log.warn("ended a run of a task that nobody wants any more", { allocationID, directory });
    return true;
  } catch (error) {
    const reason = String(error);
    log.error("a run of a task that nobody wants any more cannot be ended", { allocationID, directory, reason });
    return false;
  }
}

type EndableRun = Pick<RunningTask, "stop" | "discard" | "detach">;

async function supervisedRun(
  processes: Pick<Processes, "recover">,
  directory: string,
): Promise<EndableRun | undefined> {
  const supervised = await processes.recover(directory);
  if (supervised === undefined) return undefined;
  const stop = async (signal: string) => {
    supervised.signal(signal, { group: true });
    await supervised.exited;
  };
  return { stop, discard: () => supervised.discard(), detach: () => supervised.detach() };
}

async function killAndDiscard(clock: Clock, running: EndableRun): Promise<void> {
  try {
    const isEnded = await endsWithin(clock, running.stop("SIGKILL", nanoseconds(0)), killPatience);
    if (!isEnded) throw new Error("it was killed and does not end");
    await running.discard();
  } catch (error) {
    running.detach();
    throw error;
  }
}

/** By this a driver finds a run of which it is not known whether it began. */
export function handleOfStart(driver: string, allocationID: AllocationID, directory: string): TaskHandle {
  return { driver, fields: { supervision: directory, allocationID } };
}

function leftRun(directory: string, name: string): LeftRun {
  const [task = "", rest = ""] = name.split("-");
  return {
    directory: join(directory, name),
    isOf: (taskName) => digest(taskName, taskLength) === task,
    isBy: (driver) => rest.startsWith(digest(driver, driverLength)),
  };
}

async function directoriesIn(disk: Disk, path: string) {
  try {
    return (await disk.list(path)).filter(({ isDirectory }) => isDirectory);
  } catch (error) {
    if ((error as { readonly code?: string }).code === "ENOENT") return [];
    throw error;
  }
}

function digest(text: string, length: number): string {
  return createHash("md5").update(text).digest("hex").slice(0, length);
}
