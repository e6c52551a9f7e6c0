import { assert } from "../../base/index.ts";
import type { Driver, RunningTask, TaskConfig } from "../../drivers/index.ts";
import { isTerminalAllocation } from "../../model/index.ts";
import type { StateView } from "../../state/index.ts";
import type { Life } from "../machine.ts";
import type { SimAgent } from "../sim-agent.ts";

/** A task that a client runs. */
interface Run {
  readonly client: string;
  readonly allocationID: string;
  readonly taskName: string;
  readonly life: Life;
}

/** What tasks run in a world, on which client: none may run twice, and what was stopped must end. */
export class Tasks {
  readonly #runs = new Set<Run>();

  /** The driver, with every task that it runs on `client` during `life` counted. */
  counted<Config>(driver: Driver<Config>, client: string, life: Life): Driver<Config> {
    return {
      ...driver,
      start: async (task: TaskConfig<Config>) => {
        const run = { client, life, allocationID: task.allocationID, taskName: task.taskName };
        const twin = this.#now().find((other) => isSame(run, other));
        assert(twin === undefined, `allocation ${run.allocationID} runs once: a second began on ${client}`);
        return this.#count(run, await driver.start(task));
      },
    };
  }

  /** What runs on these clients although the state does not want it. */
  unwanted(view: StateView, clients: readonly SimAgent[]): string | undefined {
    const names = new Set(clients.map(({ name }) => name));
    const odd = this.#now().find(({ client, allocationID }) => {
      const allocation = view.allocations.get(allocationID);
      return names.has(client) && (allocation === undefined || isTerminalAllocation(allocation));
    });
    return odd && `${odd.client} still runs allocation ${odd.allocationID}`;
  }

  #now(): readonly Run[] {
    for (const run of this.#runs) if (run.life.isOver) this.#runs.delete(run);
    return [...this.#runs];
  }

  #count(run: Run, task: RunningTask): RunningTask {
    this.#runs.add(run);
    void task.exited.then(() => this.#runs.delete(run));
    return task;
  }
}

function isSame(one: Run, other: Run): boolean {
  return one.allocationID === other.allocationID && one.taskName === other.taskName;
}
