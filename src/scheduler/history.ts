/**
 * Clusters that live, for property tests: nodes fail, drain and come back, jobs are registered, changed and stopped, clients
 * report, and the schedulers look at every job that is concerned, turn by turn.
 */
import fc from "fast-check";
import {
  type Allocation,
  computedClass,
  type Evaluation,
  isTerminalAllocation,
  type Job,
  type Node,
} from "../model/index.ts";
import { jobKey, type StateView } from "../state/index.ts";
import { aJob, changed, cluster, group, machine, need, oneTask, type Turn, turn } from "./harness.ts";

const conditions = [
  {},
  {},
  { Drain: true, SchedulingEligibility: "ineligible" },
  { Status: "down" },
  { SchedulingEligibility: "ineligible" },
];

const nodes = fc.array(
  fc.record({
    size: fc.integer({ min: 200, max: 1200 }),
    dc: fc.constantFrom("dc1", "dc1", "dc2"),
    arch: fc.constantFrom("amd", "arm"),
    rack: fc.constantFrom("r1", "r2", "r3"),
    kept: fc.constantFrom(22, 8080),
  }),
  { minLength: 1, maxLength: 6 },
);

const networks = fc.constantFrom(
  [],
  [],
  [{ MBits: 10, DynamicPorts: [{ Label: "http" }] }],
  [{ MBits: 20, ReservedPorts: [{ Label: "web", Value: 8080 }], DynamicPorts: [{ Label: "a" }] }],
);

const constraints = fc.constantFrom<object[]>(
  [],
  [],
  [{ LTarget: "${attr.arch}", Operand: "=", RTarget: "arm" }],
  [{ LTarget: "${node.unique.name}", Operand: "regexp", RTarget: "n[0-3]$" }],
  [{ Operand: "distinct_hosts" }],
  [{ Operand: "distinct_property", LTarget: "${meta.rack}", RTarget: "2" }],
);

const wishes = fc.constantFrom(
  {},
  {},
  { Affinities: [{ LTarget: "${attr.arch}", Operand: "=", RTarget: "amd", Weight: -40 }] },
  { Spreads: [{ Attribute: "${meta.rack}", SpreadTarget: [{ Value: "r1", Percent: 70 }] }] },
);

const groups = fc.array(
  fc.record({
    Count: fc.integer({ min: 0, max: 4 }),
    CPU: fc.integer({ min: 20, max: 400 }),
    MemoryMaxMB: fc.constantFrom(0, 0, 2000),
    networks,
    User: fc.constantFrom("a", "b"),
    Constraints: constraints,
    wishes,
  }),
  { minLength: 1, maxLength: 2 },
);

const versions = fc.record({
  groups,
  Constraints: constraints,
  Update: fc.constantFrom({}, { Stagger: 1, MaxParallel: 1 }, { Stagger: 1, MaxParallel: 2 }),
});

const events = fc.oneof(
  fc.record({ kind: fc.constant("register" as const), job: fc.nat(2), version: versions }),
  fc.record({ kind: fc.constant("stop" as const), job: fc.nat(2) }),
  fc.record({ kind: fc.constant("node" as const), node: fc.nat(5), condition: fc.constantFrom(...conditions) }),
  fc.record({
    kind: fc.constant("report" as const),
    allocation: fc.nat(20),
    status: fc.constantFrom("running", "running", "complete", "failed"),
  }),
  fc.record({ kind: fc.constant("look" as const), job: fc.nat(2) }),
);

/** A history that nobody has played yet. */
export const histories = fc.record({
  nodes,
  types: fc.tuple(...[0, 1, 2].map(() => fc.constantFrom("service", "batch", "system"))),
  oversubscribes: fc.boolean(),
  first: versions,
  events: fc.array(events, { maxLength: 10 }),
  seed: fc.string(),
});
export type History = typeof histories extends fc.Arbitrary<infer Told> ? Told : never;

/** One look of a scheduler at a job, and the cluster before it; `turn.view` is the cluster after it. */
export interface Look {
  readonly before: StateView;
  readonly evaluation: Evaluation;
  readonly seed: string;
  readonly turn: Turn;
}

/** Plays a history; `looked` sees each turn. Gives the cluster at the end. */
export function play(history: History, looked: (look: Look) => void = () => {}): StateView {
  let view = cluster({
    nodes: history.nodes.map((fields, at) => nodeOf(at, fields)),
    configuration: { MemoryOversubscriptionEnabled: history.oversubscribes },
  });
  let looks = 0;
  const look = (job: Job, TriggeredBy: string) => {
    const evaluation = need({ ID: `eval-${looks}`, JobID: job.ID, Type: job.Type, TriggeredBy });
    const seed = `${history.seed} ${looks++}`;
    const turned = turn(view, evaluation, seed);
    looked({ before: view, evaluation, seed, turn: turned });
    view = turned.view;
  };
  const first = { kind: "register" as const, job: 0, version: history.first };
  for (const [at, event] of [first, ...history.events].entries()) {
    const { after, concerned } = happened(view, event, history, at);
    view = after;
    for (const job of concerned) look(job, event.kind === "node" ? "node-update" : "job-register");
  }
  return view;
}

type Event = History["events"][number];

function happened(
  view: StateView,
  event: Event,
  history: History,
  at: number,
): { readonly after: StateView; readonly concerned: readonly Job[] } {
  const jobs = [...view.jobs.all()];
  switch (event.kind) {
    case "register": {
      const job = jobOf(event.job, history.types[event.job] ?? "service", event.version, at);
      return { after: changed(view, { jobs: [job] }), concerned: [job] };
    }
    case "stop": {
      const job = view.jobs.get(jobKey("default", `job-${event.job}`));
      if (job === undefined) return { after: view, concerned: [] };
      return { after: changed(view, { jobs: [{ ...job, Stop: true, JobModifyIndex: 100 + at }] }), concerned: [job] };
    }
    case "node": {
      const fields = history.nodes[event.node];
      if (fields === undefined) return { after: view, concerned: [] };
      return { after: changed(view, { nodes: [nodeOf(event.node, fields, event.condition)] }), concerned: jobs };
    }
    case "report": {
      const live = [...view.allocations.all()].filter((one) => !isTerminalAllocation(one));
      const reported = live[event.allocation];
      if (reported === undefined) return { after: view, concerned: [] };
      const after = changed(view, { allocations: [{ ...reported, ...reportOf(event.status) }] });
      return { after, concerned: jobs.filter(({ ID }) => ID === reported.JobID) };
    }
    case "look":
      return { after: view, concerned: jobs.filter(({ ID }) => ID === `job-${event.job}`) };
  }
}

function nodeOf(at: number, { size, dc, arch, rack, kept }: History["nodes"][number], condition: object = {}): Node {
  const network = { Device: "eth0", CIDR: "10.0.0.1/32", IP: "10.0.0.1", MBits: 50 };
  const node = machine(`n${at}`, {
    Datacenter: dc,
    Attributes: { "driver.exec": "1", arch },
    Meta: { rack },
    Resources: { CPU: size, MemoryMB: size, DiskMB: 1000, IOPS: 0, Networks: [network] },
    Reserved: { CPU: 50, Networks: [{ ...network, MBits: 0, ReservedPorts: [{ Value: kept }] }] },
    ...condition,
  });
  return { ...node, ComputedClass: computedClass(node) };
}

function jobOf(
  number: number,
  Type: string,
  { groups: drawn, Constraints, Update }: History["first"],
  at: number,
): Job {
  const TaskGroups = drawn.map(
    ({ Count, CPU, MemoryMaxMB, networks: Networks, User, Constraints, wishes: wished }, place) => {
      const Resources = { CPU, MemoryMB: CPU, MemoryMaxMB, DiskMB: 10, Networks };
      const Tasks = [{ ...oneTask, User, Resources }];
      const isSystem = Type === "system";
      return group({
        Name: `g${place}`,
        Count: isSystem ? Math.min(1, Count) : Count,
        Constraints,
        Tasks,
        ...(isSystem ? {} : wished),
      });
    },
  );
  const ID = `job-${number}`;
  return aJob({ ID, Name: ID, Type, Constraints, Update, TaskGroups, JobModifyIndex: 10 + at });
}

function reportOf(ClientStatus: string): Pick<Allocation, "ClientStatus" | "TaskStates"> {
  const isOver = ClientStatus !== "running";
  const last = { Type: "Terminated", ExitCode: ClientStatus === "failed" ? 1 : 0 };
  const main = { State: isOver ? "dead" : "running", Failed: ClientStatus === "failed", Events: isOver ? [last] : [] };
  return { ClientStatus, TaskStates: { main } as unknown as Allocation["TaskStates"] };
}
