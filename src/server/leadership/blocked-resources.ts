import type { Evaluation, PlacementFailure, TaskGroup } from "../../model/index.ts";
import type { Gauge, Labels } from "../../runtime/index.ts";
import { jobKey, type StateView } from "../../state/index.ts";

const names = { cpu: ["nomad", "blocked_evals", "cpu"], memory: ["nomad", "blocked_evals", "memory"] };

/** What is missing in one place: CPU in MHz, memory in MB. */
interface Shortage {
  readonly place: Labels;
  readonly cpu: number;
  readonly memory: number;
}

/**
 * How much CPU and memory those groups ask for that wait because that ran out, by datacenter and by the class of the nodes
 * where it did. A group that could run in several places shows in each.
 */
export function* blockedResourceGauges(view: StateView, blocked: Iterable<Evaluation>): Iterable<Gauge> {
  const sums = new Map<string, Shortage>();
  for (const evaluation of blocked) {
    for (const { place, cpu, memory } of shortagesOf(view, evaluation)) {
      const key = JSON.stringify(place);
      const known = sums.get(key);
      sums.set(key, { place, cpu: cpu + (known?.cpu ?? 0), memory: memory + (known?.memory ?? 0) });
    }
  }
  for (const { place, cpu, memory } of sums.values()) {
    yield { name: names.cpu, value: cpu, labels: place };
    yield { name: names.memory, value: memory, labels: place };
  }
}

/** Of a blocked evaluation; why its groups found no place stands in the one that it follows. */
function* shortagesOf(view: StateView, { Namespace, JobID, PreviousEval }: Evaluation): Iterable<Shortage> {
  const failed = view.evaluations.get(PreviousEval)?.FailedTGAllocs;
  for (const group of view.jobs.get(jobKey(Namespace, JobID))?.TaskGroups ?? []) {
    const failure = failed?.[group.Name];
    if (failure === undefined) continue;
    const cpu = "cpu exhausted" in failure.DimensionExhausted ? asked(group, "CPU", failure) : 0;
    const memory = "memory exhausted" in failure.DimensionExhausted ? asked(group, "MemoryMB", failure) : 0;
    if (cpu + memory > 0) for (const place of placesOf(failure)) yield { place, cpu, memory };
  }
}

/** By all allocations of a group that found no place. */
function asked({ Tasks }: TaskGroup, resource: "CPU" | "MemoryMB", { CoalescedFailures }: PlacementFailure): number {
  return Tasks.reduce((sum, { Resources }) => sum + (Resources?.[resource] ?? 0), 0) * (CoalescedFailures + 1);
}

function placesOf({ NodesAvailable, ClassExhausted }: PlacementFailure): readonly Labels[] {
  const classes = Object.keys(ClassExhausted);
  return Object.keys(NodesAvailable).flatMap((datacenter) =>
    (classes.length === 0 ? ["none"] : classes).map((node_class) => ({ datacenter, node_class, node_pool: "default" })),
  );
}
