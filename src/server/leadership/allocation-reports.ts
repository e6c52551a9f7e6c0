import { GatheringPace, milliseconds, WakeUp } from "../../base/index.ts";
import type { LogIndex } from "../../model/index.ts";
import { pause } from "../../runtime/index.ts";
import { type AllocationReport, allocationsClientUpdate } from "../../state/index.ts";
import type { LeaderDuty, Tenure } from "./tenure.ts";

/** Of many clients' reports there are twenty entries a second; a single client is not kept waiting. */
const gathering = { least: milliseconds(2), oneIn: milliseconds(50), before: 4 };
/** Allocations of which an entry of the log tells, unless a single reporter tells of more. */
const mostTogether = 1024;

interface Waiting {
  readonly allocations: readonly AllocationReport[];
  readonly logged: (index: LogIndex) => void;
  readonly fail: (reason: unknown) => void;
}

/** Gathers what clients report within a short while into one log entry, and tells each when it is in. */
export class AllocationReports implements LeaderDuty {
  readonly name = "allocation reports";
  readonly #tenure: Tenure;
  readonly #arrived = new WakeUp();
  #waiting: Waiting[] = [];

  constructor(tenure: Tenure) {
    this.#tenure = tenure;
  }

  /** Resolves with the index of the entry that holds these reports; rejects as a proposal does. */
  add(allocations: readonly AllocationReport[]): Promise<LogIndex> {
    const { signal } = this.#tenure;
    if (signal.aborted) return Promise.reject(signal.reason);
    return new Promise((logged, fail) => {
      this.#waiting.push({ allocations, logged, fail });
      this.#arrived.notify();
    });
  }

  async run(): Promise<void> {
    const { runtime, signal } = this.#tenure;
    const pace = new GatheringPace(runtime.clock.now(), gathering);
    const logging = new Set<Promise<void>>();
    while (!signal.aborted) {
      if (this.#waiting.length === 0) await this.#arrived.wait(signal);
      await pause(runtime.clock, pace.nextWait(runtime.clock.now()), signal);
      const gathered = this.#waiting;
      this.#waiting = [];
      for (const batch of batches(gathered)) {
        const logged = this.#log(batch).finally(() => logging.delete(logged));
        logging.add(logged);
      }
    }
    await Promise.all(logging);
  }

  /** A batch of a tenure that has ended is not logged. */
  async #log(batch: readonly Waiting[]): Promise<void> {
    const { state, signal } = this.#tenure;
    try {
      signal.throwIfAborted();
      const Allocs = batch.flatMap(({ allocations }) => allocations);
      const { index } = await state.propose(allocationsClientUpdate, { Allocs, Evals: [] });
      for (const { logged } of batch) logged(index);
    } catch (error) {
      for (const { fail } of batch) fail(error);
    }
  }
}

/** The reports in their order, in parts that are not too large. */
function* batches(gathered: readonly Waiting[]): Iterable<readonly Waiting[]> {
  let batch: Waiting[] = [];
  let size = 0;
  for (const waiting of gathered) {
    if (size > 0 && size + waiting.allocations.length > mostTogether) {
      yield batch;
      [batch, size] = [[], 0];
    }
    batch.push(waiting);
    size += waiting.allocations.length;
  }
  if (batch.length > 0) yield batch;
}
