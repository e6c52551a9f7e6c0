import { minutes } from "../../base/index.ts";
import { type Evaluation, evaluation } from "../../model/index.ts";
import type { CollectionKind } from "../workers/collect-garbage.ts";
import type { LeaderDuty, Tenure } from "./tenure.ts";

const interval = minutes(5);
const corePriority = 200;

/** Calls for housekeeping every few minutes, by evaluations that workers take like any other. */
export class GarbageCollector implements LeaderDuty {
  readonly name = "garbage collector";
  readonly #tenure: Tenure;
  readonly #enqueue: (evaluation: Evaluation) => void;

  constructor(tenure: Tenure, enqueue: (evaluation: Evaluation) => void) {
    this.#tenure = tenure;
    this.#enqueue = enqueue;
  }

  async run(): Promise<void> {
    const { runtime, signal } = this.#tenure;
    while (!signal.aborted) {
      await runtime.clock.sleep(interval, signal).catch(() => undefined);
      if (signal.aborted) return;
      for (const kind of ["eval-gc", "job-gc", "node-gc"] as const) this.collect(kind);
    }
  }

  /** Calls for one kind of collection now. */
  collect(kind: CollectionKind): void {
    const { runtime, state } = this.#tenure;
    const index = state.view().index;
    this.#enqueue(
      evaluation.parse({
        ID: runtime.random.uuid(),
        Priority: corePriority,
        Type: "_core",
        TriggeredBy: "scheduled",
        JobID: kind,
        Status: "pending",
        ModifyIndex: index,
      }),
    );
  }
}
