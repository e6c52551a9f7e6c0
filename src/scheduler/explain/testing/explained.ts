/** For tests: an explanation at once, and what becomes of a cluster when somebody takes its advice. */
import { allAtOnce, instantOf } from "../../../base/index.ts";
import { constraintText, type Explanation, isTerminalAllocation, type Job, type Remedy } from "../../../model/index.ts";
import { jobKey, type StateView } from "../../../state/index.ts";
import { changed, machine, need, turn } from "../../harness.ts";
import { explainInSteps } from "../explain.ts";

/** An hour after the beginning of time. */
export const now = instantOf(3_600e9);

export function explained(view: StateView, question: Partial<Parameters<typeof explainInSteps>[1]> = {}): Explanation {
  return allAtOnce(explainInSteps(view, { namespace: "default", jobID: "web", ...question }, now));
}

/** How many of a group's allocations there are once the scheduler has looked at the job. */
export function thereAfter(view: StateView, job: Job, group: string): number {
  const { ID: JobID, Type, JobModifyIndex } = job;
  const after = turn(view, need({ JobID, Type, JobModifyIndex }), "afterwards").view;
  return [...after.allocations.by("job", jobKey(job.Namespace, JobID))].filter(
    (one) => one.TaskGroup === group && !isTerminalAllocation(one),
  ).length;
}

/** The cluster after somebody has done what the remedy says; `more` units more of what is asked for. */
export function followed(view: StateView, job: Job, group: string, remedy: Remedy, { more = 0 } = {}): StateView {
  const registered = (fields: object) => changed(view, { jobs: [{ ...job, ...fields, JobModifyIndex: 1_000 }] });
  const node = () => view.nodes.get(remedy.NodeID.toLowerCase())!;
  switch (remedy.Kind) {
    case "ask":
      return registered(rewritten(job, group, (task) => asking(task, remedy, remedy.To + more)));
    case "port":
      return registered(rewritten(job, group, (task) => withoutPort(task, remedy)));
    case "constraint":
      return registered(relaxed(job, group, remedy));
    case "datacenter":
      return registered({ Datacenters: [...job.Datacenters, remedy.Datacenter] });
    case "return":
      return changed(view, {
        nodes: [{ ...node(), Drain: false, SchedulingEligibility: "eligible", Status: "ready" }],
      });
    case "node": {
      const ready = { Drain: false, SchedulingEligibility: "eligible", Status: "ready" };
      const more = machine("more", { ...node(), ID: "more", Datacenter: remedy.Datacenter, ...ready });
      return changed(view, { nodes: [more] });
    }
    case "stop": {
      const stopped = view.allocations.get(remedy.AllocID.toLowerCase())!;
      return changed(view, { allocations: [{ ...stopped, DesiredStatus: "stop", ClientStatus: "complete" }] });
    }
    default:
      throw new Error(`a remedy of unknown kind "${remedy.Kind}"`);
  }
}

type Group = Job["TaskGroups"][number];
type Task = Group["Tasks"][number];

function rewritten(job: Job, group: string, change: (task: Task) => Task): Partial<Job> {
  const changedGroup = (one: Group) => (one.Name === group ? { ...one, Tasks: one.Tasks.map(change) } : one);
  return { TaskGroups: job.TaskGroups.map(changedGroup) };
}

function asking(task: Task, { Task, Resource }: Remedy, value: number): Task {
  if (task.Name !== Task || task.Resources === null) return task;
  if (Resource !== "MBits") return { ...task, Resources: { ...task.Resources, [Resource]: value } };
  const Networks = task.Resources.Networks.map((network) => ({ ...network, MBits: value }));
  return { ...task, Resources: { ...task.Resources, Networks } };
}

function withoutPort(task: Task, { Task, From }: Remedy): Task {
  if (task.Name !== Task || task.Resources === null) return task;
  const Networks = task.Resources.Networks.map((network) => {
    const named = network.ReservedPorts.filter(({ Value }) => Value === From);
    return {
      ...network,
      ReservedPorts: network.ReservedPorts.filter(({ Value }) => Value !== From),
      DynamicPorts: [...network.DynamicPorts, ...named.map((port) => ({ ...port, Value: 0 }))],
    };
  });
  return { ...task, Resources: { ...task.Resources, Networks } };
}

function relaxed(job: Job, group: string, { Level, Task, Constraint }: Remedy): Partial<Job> {
  type Constraints = Job["Constraints"];
  const kept = (all: Constraints) => all.filter((one) => constraintText(one) !== constraintText(Constraint!));
  if (Level === "job") return { Constraints: kept(job.Constraints) };
  const inGroup = (one: Group): Group => ({ ...one, Constraints: kept(one.Constraints) });
  if (Level === "group") return { TaskGroups: job.TaskGroups.map((one) => (one.Name === group ? inGroup(one) : one)) };
  return rewritten(job, group, (task) =>
    task.Name === Task ? { ...task, Constraints: kept(task.Constraints) } : task,
  );
}
