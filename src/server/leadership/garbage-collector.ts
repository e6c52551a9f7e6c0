import { minutes, type Random } from "../../base/index.ts";
import { type Evaluation, type EvaluationID, evaluation } from "../../model/index.ts";
import { pause } from "../../runtime/index.ts";
import type { CollectionKind } from "../workers/collect-garbage.ts";
import type { LeaderDuty, Tenure } from "./tenure.ts";

const interval = minutes(5);
const corePriority = 200;

/** Calls for housekeeping every few minutes, by evaluations that workers take like any other. */
export class GarbageCollector implements LeaderDuty {
  readonly name = "garbage collector";
  readonly #tenure: Tenure;
  readonly #enqueue: (evaluation: Evaluation) => void;
  /** One evaluation for each kind: called for twice, a collection that has not begun is still one. */
  readonly #ids: Readonly<Record<CollectionKind, EvaluationID>>;

  constructor(tenure: Tenure, enqueue: (evaluation: Evaluation) => void) {
    this.#tenure = tenure;
    this.#enqueue = enqueue;
    this.#ids = idsFor(tenure.runtime.random);
  }

  async run(): Promise<void> {
    const { runtime, signal } = this.#tenure;
    while (await pause(runtime.clock, interval, signal)) {
      for (const kind of ["eval-gc", "job-gc", "node-gc"] as const) this.collect(kind);
    }
  }

  /** Calls for one kind of collection now. */
  collect(kind: CollectionKind): void {
    this.#enqueue(
      evaluation.parse({
        ID: this.#ids[kind],
        Priority: corePriority,
        Type: "_core",
        TriggeredBy: "scheduled",
        JobID: kind,
        Status: "pending",
        ModifyIndex: this.#tenure.state.view().index,
      }),
    );
  }
}

function idsFor(random: Random): Record<CollectionKind, EvaluationID> {
  return {
    "eval-gc": random.uuid(),
    "job-gc": random.uuid(),
    "node-gc": random.uuid(),
    "force-gc": random.uuid(),
  };
}
