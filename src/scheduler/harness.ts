/** A cluster in a view, for the scheduler's tests: makers that state only what matters, and a worker that has no rivals. */
import { instantOf, SeededRandom } from "../base/index.ts";
import {
  type Allocation,
  allocation,
  defaultSchedulerConfiguration,
  type Evaluation,
  evaluation,
  type Job,
  job,
  type Node,
  node,
  type Plan,
  type PlanResult,
  type SchedulerConfiguration,
  withScores,
} from "../model/index.ts";
import { planResults, State, type StateView } from "../state/index.ts";
import type { SchedulingContext, SchedulingOutcome } from "./outcome.ts";
import { schedule } from "./schedule.ts";
import { attempted, beginRun, type NextStep, settled } from "./scheduling-run.ts";

/** A ready Linux node in `dc1` with room for nine allocations of `oneTask`. */
export function machine(ID: string, fields: object = {}): Node {
  return node.parse({
    ID,
    Name: `name-${ID}`,
    Datacenter: "dc1",
    Status: "ready",
    SchedulingEligibility: "eligible",
    ComputedClass: "class-a",
    Attributes: { "kernel.name": "linux", "driver.exec": "1" },
    Resources: {
      CPU: 1000,
      MemoryMB: 1000,
      DiskMB: 10_000,
      IOPS: 100,
      Networks: [{ Device: "eth0", CIDR: "10.0.0.1/32", MBits: 1000 }],
    },
    Reserved: { CPU: 100, MemoryMB: 100 },
    ...fields,
  });
}

export const oneTask = {
  Name: "main",
  Driver: "exec",
  Config: { command: "/bin/true", args: ["a"] },
  Resources: { CPU: 100, MemoryMB: 100, DiskMB: 10 },
};

/** A group `grp` of one small task. */
export function group(fields: object = {}): object {
  return { Name: "grp", Count: 1, Tasks: [oneTask], ...fields };
}

export function aJob(fields: object = {}): Job {
  return job.parse({
    ID: "web",
    Name: "web",
    Namespace: "default",
    Type: "service",
    Priority: 50,
    Datacenters: ["dc1"],
    TaskGroups: [group()],
    JobModifyIndex: 10,
    ...fields,
  });
}

/** A running allocation of `of` on a node, of the job's first group unless said otherwise. */
export function anAllocation(ID: string, of: Job, nodeID: string, fields: object = {}): Allocation {
  const first = of.TaskGroups[0];
  return allocation.parse({
    ID,
    Namespace: of.Namespace,
    EvalID: "earlier",
    Name: `${of.Name}.${first?.Name}[0]`,
    NodeID: nodeID,
    JobID: of.ID,
    Job: of,
    TaskGroup: first?.Name,
    TaskResources: { main: oneTask.Resources },
    DesiredStatus: "run",
    ClientStatus: "running",
    CreateIndex: 20,
    ...fields,
  });
}

/** A need to look at `web`. */
export function need(fields: object = {}): Evaluation {
  return evaluation.parse({
    ID: "eval-1",
    Namespace: "default",
    Priority: 50,
    Type: "service",
    TriggeredBy: "job-register",
    JobID: "web",
    JobModifyIndex: 10,
    Status: "pending",
    ...fields,
  });
}

interface Rows {
  readonly nodes?: readonly Node[];
  readonly jobs?: readonly Job[];
  readonly allocations?: readonly Allocation[];
  /** What differs from the usual configuration of schedulers. */
  readonly configuration?: Partial<SchedulerConfiguration>;
}

/** A view in which these rows are all there is. */
export function cluster(rows: Rows): StateView {
  return changed(new State().view(), rows);
}

/** The view with these rows added or replaced. */
export function changed(view: StateView, { nodes = [], jobs = [], allocations = [], configuration }: Rows): StateView {
  return view.assuming((write) => {
    for (const row of nodes) write.put("nodes", row);
    for (const row of jobs) write.put("jobs", row);
    for (const row of allocations) write.put("allocations", row);
    if (configuration) write.put("schedulerConfigurations", { ...defaultSchedulerConfiguration, ...configuration });
  });
}

export function seeded(seed = "seed"): SchedulingContext {
  return { now: instantOf(1_000_000_000), random: new SeededRandom(seed) };
}

/** The view after all of a plan was committed. */
export function committed(view: StateView, plan: Plan): StateView {
  const { Job, EvalID, NodeUpdate, NodeAllocation, NodePreemptions } = plan;
  const request = { Job, EvalID, NodeUpdate, NodeAllocation, NodePreemptions };
  return view.assuming((write) => planResults.apply(write, request, { at: 1 }));
}

/** What a worker without rivals comes to: one attempt, committed whole. */
export interface Turn {
  readonly outcome: SchedulingOutcome;
  readonly view: StateView;
  readonly next: NextStep;
}

export function turn(view: StateView, evaluation: Evaluation = need(), seed = "seed"): Turn {
  const context = seeded(seed);
  const outcome = schedule(view, evaluation, context);
  const { run, plan } = attempted(beginRun(), outcome);
  const result = plan === undefined ? undefined : fullResult(plan);
  const next = settled({ evaluation, run, outcome, result, context });
  return { outcome, next, view: plan === undefined ? view : committed(view, plan) };
}

export function fullResult({ NodeUpdate, NodeAllocation }: Plan): PlanResult {
  return { NodeUpdate, NodeAllocation, RefreshIndex: 0, AllocIndex: 1 };
}

/** All allocations a plan places or updates, on whichever node. */
export function placedBy({ plan }: SchedulingOutcome): readonly Allocation[] {
  const placed = Object.values(plan.NodeAllocation).flat();
  return placed.map((one) => ({ ...one, Metrics: one.Metrics && withScores(one.Metrics) }));
}

/** All allocations a plan stops, on whichever node. */
export function stoppedBy({ plan }: SchedulingOutcome): readonly Allocation[] {
  return Object.values(plan.NodeUpdate).flat();
}
