import type { PlacementFailure, TaskGroup } from "../model/index.ts";
import { together } from "./refusals.ts";

/** Why groups found no place: for each the first failure in full, of later ones their number and who refused. */
export class Unplaced {
  readonly #metrics = new Map<string, PlacementFailure>();

  get metrics(): ReadonlyMap<string, PlacementFailure> {
    return this.#metrics;
  }

  add(group: TaskGroup, metrics: PlacementFailure): void {
    const known = this.#metrics.get(group.Name);
    if (known === undefined) {
      this.#metrics.set(group.Name, metrics);
      return;
    }
    const Refusals = together(known.Refusals, metrics.Refusals);
    this.#metrics.set(group.Name, { ...known, CoalescedFailures: known.CoalescedFailures + 1, Refusals });
  }

  /** True if the group failed before; then this is one failure more. */
  countAgain(group: TaskGroup): boolean {
    const known = this.#metrics.get(group.Name);
    if (known === undefined) return false;
    this.#metrics.set(group.Name, { ...known, CoalescedFailures: known.CoalescedFailures + 1 });
    return true;
  }
}
