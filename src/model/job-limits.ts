import type { Affinity, Constraint } from "./constraint.ts";
import type { Job } from "./job.ts";
import { patternCost } from "./pattern.ts";
import type { Task } from "./task.ts";

/** What one job may ask for, all of its groups and tasks together unless it says otherwise. */
const most = {
  allocations: 100_000,
  groups: 20_000,
  /** Each of them is wanted on every node. */
  systemGroups: 100,
  tasks: 20_000,
  datacenters: 1_000,
  /** Constraints, affinities, spreads and their targets. */
  conditions: 10_000,
  /** Characters of a side of a condition: metrics of each allocation may quote it. */
  conditionLength: 4_096,
  datacenterLength: 255,
  /** Moves for each character that all patterns of the job may take. */
  patternCost: 10_000,
  /** Of one task. */
  ports: 1_000,
} as const;

/**
 * Why a job is more than a server looks at closely: its parts are counted, and nothing of them is read. A job within these
 * limits is validated and scheduled without holding anybody up for long, whatever is in it.
 */
export function jobSizeProblems(job: Job): string[] {
  const tasks = job.TaskGroups.flatMap((group) => group.Tasks);
  const problems = [
    tooMany("allocations", sum(job.TaskGroups.map(({ Count }) => Math.max(0, Count))), most.allocations),
    tooMany("task groups", job.TaskGroups.length, job.Type === "system" ? most.systemGroups : most.groups),
    tooMany("tasks", tasks.length, most.tasks),
    tooMany("datacenters", job.Datacenters.length, most.datacenters),
    ...conditionProblems(job, tasks),
    ...tasks.map(portProblem),
  ];
  if (job.Datacenters.some((name) => name.length > most.datacenterLength)) {
    problems.push(`Job has a datacenter of more than ${most.datacenterLength} characters`);
  }
  return problems.filter((problem) => problem !== undefined);
}

function conditionProblems(job: Job, tasks: readonly Task[]): readonly (string | undefined)[] {
  const places = [job, ...job.TaskGroups];
  const conditions: readonly (Constraint | Affinity)[] = [...places, ...tasks].flatMap((place) => [
    ...place.Constraints,
    ...place.Affinities,
  ]);
  const spreads = places.flatMap(({ Spreads }) => Spreads);
  const targets = spreads.flatMap(({ SpreadTarget }) => SpreadTarget);
  const count = conditions.length + spreads.length + targets.length;
  const crowd = tooMany("constraints, affinities, spreads and targets of spreads", count, most.conditions);
  if (crowd !== undefined) return [crowd];
  const texts = [
    ...conditions.flatMap(({ LTarget, Operand, RTarget }) => [LTarget, Operand, RTarget]),
    ...spreads.map(({ Attribute }) => Attribute),
    ...targets.map(({ Value }) => Value),
  ];
  if (texts.some((text) => text.length > most.conditionLength)) {
    return [`A constraint, an affinity or a spread has a side of more than ${most.conditionLength} characters`];
  }
  return [patternProblem(conditions)];
}

/** Patterns are read one after the other, and no more of them than it takes to know. */
function patternProblem(conditions: readonly (Constraint | Affinity)[]): string | undefined {
  let cost = 0;
  for (const { Operand, RTarget } of conditions) {
    if (Operand === "regexp") cost += patternCost(RTarget);
    if (cost > most.patternCost) return "The regular expressions of the job are too large together";
  }
  return undefined;
}

function portProblem({ Name, Resources }: Task): string | undefined {
  const networks = Resources?.Networks ?? [];
  const ports = sum(networks.map(({ ReservedPorts, DynamicPorts }) => ReservedPorts.length + DynamicPorts.length));
  return ports > most.ports
    ? `Task ${JSON.stringify(Name)} has ${ports} ports: at most ${most.ports} are possible`
    : undefined;
}

function tooMany(what: string, count: number, limit: number): string | undefined {
  return count > limit ? `Job has ${count} ${what}: at most ${limit} are possible` : undefined;
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
