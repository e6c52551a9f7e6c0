import { type Allocation, isServerTerminal, isTerminalAllocation } from "../../model/index.ts";

/** Of a service what runs or is about to: an allocation that ended, however it ended, is to be replaced. */
export function running(allocations: readonly Allocation[]): readonly Allocation[] {
  return allocations.filter((allocation) => !isTerminalAllocation(allocation));
}

/**
 * Of a batch job what runs and what is done: that is not to run again. Of several allocations of one name the newest
 * counts.
 */
export function runningOrDone(allocations: readonly Allocation[]): readonly Allocation[] {
  const newest = new Map<string, Allocation>();
  for (const allocation of allocations) {
    if (allocation.ClientStatus === "failed") continue;
    if (isServerTerminal(allocation) && !ranSuccessfully(allocation)) continue;
    const known = newest.get(allocation.Name);
    if (known === undefined || known.CreateIndex < allocation.CreateIndex) newest.set(allocation.Name, allocation);
  }
  return [...newest.values()];
}

/** True if all tasks ended by themselves, and well. */
export function ranSuccessfully(allocation: Allocation): boolean {
  const states = Object.values(allocation.TaskStates);
  return (
    states.length > 0 &&
    states.every(({ State, Events }) => {
      const last = Events.at(-1);
      return State === "dead" && last?.Type === "Terminated" && last.ExitCode === 0;
    })
  );
}
