import type { AllocMetric, TaskGroup } from "../model/index.ts";

/** Why groups found no place: for each the first failure in full, later ones as a number. */
export class Unplaced {
  readonly #metrics = new Map<string, AllocMetric>();

  get metrics(): ReadonlyMap<string, AllocMetric> {
    return this.#metrics;
  }

  add(group: TaskGroup, metrics: AllocMetric): void {
    if (!this.countAgain(group)) this.#metrics.set(group.Name, metrics);
  }

  /** True if the group failed before; then this is one failure more. */
  countAgain(group: TaskGroup): boolean {
    const known = this.#metrics.get(group.Name);
    if (known === undefined) return false;
    this.#metrics.set(group.Name, { ...known, CoalescedFailures: known.CoalescedFailures + 1 });
    return true;
  }
}
