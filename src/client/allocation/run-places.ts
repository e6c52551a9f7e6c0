import { join } from "node:path/posix";
import type { Driver } from "../../drivers/index.ts";
import type { Task } from "../../model/index.ts";
import type { Log, Runtime } from "../../runtime/index.ts";
import { runName } from "../state/left-runs.ts";

/** Where the files of a run's supervisor are, or will be. */
export interface RunPlace {
  readonly supervision: string;
  /** Resolves when all has been made there that could be. */
  readonly ready: Promise<void>;
}

/** What places are made with. */
export interface RunPlacesParts {
  readonly runtime: Pick<Runtime, "disk" | "processes" | "random">;
  readonly log: Log;
  /** Holds those of one allocation. */
  readonly directory: string;
  readonly drivers: ReadonlyMap<string, Driver<unknown>>;
}

/**
 * The places of the runs of an allocation's tasks: each run has one of its own. For the next agent a place is a run that may have
 * begun, so one that is not used any more is gone before that counts.
 */
export class RunPlaces {
  readonly #parts: RunPlacesParts;
  /** Not taken yet, by task. */
  readonly #ahead = new Map<string, Promise<RunPlace>>();

  constructor(parts: RunPlacesParts) {
    this.#parts = parts;
  }

  /** Begins to make the place of a task's first run, where that can be done before the task is all prepared. */
  makeAhead(task: Task): void {
    if (!this.#isSupervised(task)) return;
    const place = this.#make(task);
    this.#ahead.set(task.Name, place);
    // Its failure is told where it is taken.
    place.catch(() => undefined);
  }

  /** The place of the next run. Where it can be made ready ahead, that goes on beside all else that a start takes. */
  take(task: Task): Promise<RunPlace> {
    const ahead = this.#ahead.get(task.Name);
    this.#ahead.delete(task.Name);
    return ahead ?? this.#make(task);
  }

  /** Removes what was made ahead for a task and not taken. */
  async abandonAhead({ Name }: Task): Promise<void> {
    const place = this.#ahead.get(Name);
    this.#ahead.delete(Name);
    const made = await place?.catch(() => undefined);
    if (made !== undefined) await this.abandon(made);
  }

  /** Removes a place where nothing runs. Never rejects: one that stays is said. */
  async abandon({ supervision, ready }: RunPlace): Promise<void> {
    try {
      await ready;
      await this.#parts.runtime.disk.removeTree(supervision);
    } catch (error) {
      this.#parts.log.error("the directory of a run that was not started stays", {
        directory: supervision,
        reason: String(error),
      });
    }
  }

  async #make(task: Task): Promise<RunPlace> {
    const { runtime, directory } = this.#parts;
    await runtime.disk.makeDirectory(directory, 0o700);
    const supervision = join(directory, runName(task.Name, task.Driver, runtime.random));
    const ready = this.#isSupervised(task) ? runtime.processes.makeReady(supervision) : Promise.resolve();
    return { supervision, ready };
  }

  #isSupervised({ Driver }: Task): boolean {
    return this.#parts.drivers.get(Driver)?.capabilities.isSupervised === true;
  }
}
