import type { Steps } from "../../base/index.ts";
import { type Constraint, constraintText, isReady, type Job, type Remedy, type Task } from "../../model/index.ts";
import { withGroup, withTask } from "./changed-job.ts";
import { hasRunOut, helping, type Stuck } from "./stuck.ts";

/** Datacenters that are tried. */
const mostDatacenters = 5;

/** The job without one of its constraints: of its own, of the group's, or of a task's. */
export function* fewerConstraints(stuck: Stuck): Steps<readonly Remedy[]> {
  const { trials, group } = stuck;
  const { job } = trials;
  const found: (Remedy | undefined)[] = [];
  for (const [at, Constraint] of job.Constraints.entries()) {
    const changed = { ...job, Constraints: without(job.Constraints, at) };
    found.push(yield* leftOut(changed, { Level: "job", Constraint }, "of the job"));
  }
  for (const [at, Constraint] of group.Constraints.entries()) {
    const changed = withGroup(job, group, (one) => ({ ...one, Constraints: without(one.Constraints, at) }));
    found.push(yield* leftOut(changed, { Level: "group", Constraint }, "of the group"));
  }
  for (const task of group.Tasks) {
    for (const [at, Constraint] of task.Constraints.entries()) {
      const changed = withTask(job, group, task, (one) => ({ ...one, Constraints: without(one.Constraints, at) }));
      const where = { Level: "task", Task: task.Name, Constraint };
      found.push(yield* leftOut(changed, where, `of task "${task.Name}"`));
    }
  }
  return found.filter((each) => each !== undefined);

  function leftOut(changed: Job, where: Partial<Remedy> & { readonly Constraint: Constraint }, whose: string) {
    const Text = `Leave out the constraint ${constraintText(where.Constraint).trim()} ${whose}`;
    return helping(stuck, trials.registered(changed), { Kind: "constraint", Text, ...where });
  }
}

function without(constraints: readonly Constraint[], at: number): readonly Constraint[] {
  return constraints.filter((_, index) => index !== at);
}

/** The first other datacenter, by name, that has a place. */
export function* moreDatacenters(stuck: Stuck): Steps<readonly Remedy[]> {
  const { trials } = stuck;
  const { job, view } = trials;
  const others = new Set<string>();
  for (const node of view.nodes.all()) {
    if (isReady(node) && !job.Datacenters.includes(node.Datacenter)) others.add(node.Datacenter);
  }
  if (others.size > mostDatacenters) trials.cut();
  for (const Datacenter of [...others].sort().slice(0, mostDatacenters)) {
    const trial = trials.registered({ ...job, Datacenters: [...job.Datacenters, Datacenter] });
    const Text = `Let the job run in datacenter "${Datacenter}" too`;
    const found = yield* helping(stuck, trial, { Kind: "datacenter", Text, Datacenter });
    if (found !== undefined) return [found];
  }
  return [];
}

/** Ports that the servers choose, in place of those that the job names, one at a time. */
export function* freePorts(stuck: Stuck): Steps<readonly Remedy[]> {
  const { trials, group } = stuck;
  if (!hasRunOut(stuck, "network: reserved port collision")) return [];
  const found: (Remedy | undefined)[] = [];
  for (const task of group.Tasks) {
    for (const { Label, Value } of task.Resources?.Networks[0]?.ReservedPorts ?? []) {
      const changed = withTask(trials.job, group, task, (one) => withDynamicPort(one, Label));
      const Text = `Let the servers choose port "${Label}" of task "${task.Name}" (now ${Value})`;
      const described = { Kind: "port", Text, Task: task.Name, From: Value };
      found.push(yield* helping(stuck, trials.registered(changed), described));
    }
  }
  return found.filter((each) => each !== undefined);
}

function withDynamicPort(task: Task, label: string): Task {
  if (task.Resources === null) return task;
  const Networks = task.Resources.Networks.map((network) => ({
    ...network,
    ReservedPorts: network.ReservedPorts.filter(({ Label }) => Label !== label),
    DynamicPorts: [
      ...network.DynamicPorts,
      ...network.ReservedPorts.filter(({ Label }) => Label === label).map((port) => ({ ...port, Value: 0 })),
    ],
  }));
  return { ...task, Resources: { ...task.Resources, Networks } };
}
