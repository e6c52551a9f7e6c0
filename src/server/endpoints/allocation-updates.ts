import { later, milliseconds } from "../../base/index.ts";
import type { Allocation } from "../../model/index.ts";
import { allocationsClientUpdate } from "../../state/index.ts";
import type { ServerContext } from "../endpoint.ts";

const batchWindow = milliseconds(50);

interface Batch {
  readonly allocations: Allocation[];
  readonly committed: Promise<number>;
}

/** Gathers what clients report within a short while into one log entry, and tells each when it is in. */
export class AllocationUpdates {
  readonly #context: ServerContext;
  #open: Batch | undefined;

  constructor(context: ServerContext) {
    this.#context = context;
  }

  /** Resolves with the index of the entry that holds these reports. */
  add(allocations: readonly Allocation[]): Promise<number> {
    this.#open ??= this.#begin();
    this.#open.allocations.push(...allocations);
    return this.#open.committed;
  }

  #begin(): Batch {
    const { clock } = this.#context.runtime;
    const allocations: Allocation[] = [];
    const committed = new Promise<void>((resolve) => clock.at(later(clock.now(), batchWindow), resolve)).then(() => {
      this.#open = undefined;
      return this.#context.state
        .propose(allocationsClientUpdate, { Allocs: allocations, Evals: [] })
        .then(({ index }) => index);
    });
    return { allocations, committed };
  }
}
