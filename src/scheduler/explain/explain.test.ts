import assert from "node:assert";
import { test } from "node:test";
import type { Allocation, Evaluation, Explanation, Job } from "../../model/index.ts";
import { aJob, anAllocation, changed, cluster, group, machine, need, oneTask, turn } from "../harness.ts";
import { explained, now } from "./testing/explained.ts";

/** So many seconds ago, in nanoseconds since the epoch. */
const ago = (seconds: number) => now - seconds * 1e9;
const on = (fields: object): Job => aJob({ TaskGroups: [group(fields)] });
const asking = (Resources: object) => ({ Tasks: [{ ...oneTask, Resources: { ...oneTask.Resources, ...Resources } }] });

const reasons = ({ Groups }: Explanation) => Groups[0]?.Reasons;
const told = ({ Remarks }: Explanation) => Remarks.map(({ Kind, Text }) => `${Kind}: ${Text}`);
const counts = ({ Groups }: Explanation) => {
  const { Wanted, Running, Starting, Ended, Placeable, Unplaced } = Groups[0]!;
  return { Wanted, Running, Starting, Ended, Placeable, Unplaced };
};
const none = { Running: 0, Starting: 0, Ended: 0, Placeable: 0, Unplaced: 0 };

test("a job of which everything runs has nothing to explain", () => {
  const job = on({ Count: 2 });
  const allocations = [0, 1].map((at) => anAllocation(`a${at}`, job, "n1", { Name: `web.grp[${at}]` }));
  const found = explained(cluster({ nodes: [machine("n1")], jobs: [job], allocations }));
  assert.deepEqual(
    [found.Runs, found.Summary, found.Remarks],
    [true, 'Job "web" (service) runs as it should: 2 of 2 run', []],
  );
  assert.deepEqual(counts(found), { ...none, Wanted: 2, Running: 2 });
  assert.deepEqual([found.Groups[0]?.Remedies, found.Tries], [[], 1]);
});

test("what ran out is told with what is needed and what the roomiest node has", () => {
  const nodes = [
    machine("n1", { Resources: { CPU: 800, MemoryMB: 800, DiskMB: 800, IOPS: 8 } }),
    machine("n2"),
    machine("n3", { Resources: { CPU: 800, MemoryMB: 800, DiskMB: 800, IOPS: 8 } }),
  ];
  const cases = [
    [{ CPU: 901 }, "CPU: 901 MHz needed", "900 MHz"],
    [{ MemoryMB: 950 }, "memory: 950 MiB needed", "900 MiB"],
    [{ DiskMB: 20_000 }, "disk: 20000 MiB needed", "10000 MiB"],
    [{ IOPS: 101 }, "IOPS: 101 needed", "100"],
  ] as const;
  for (const [Resources, needed, left] of cases) {
    const found = explained(cluster({ nodes, jobs: [on(asking(Resources))] }));
    assert.deepEqual(reasons(found), [`3 nodes lack ${needed}, ${left} free on node name-n2 (n2), the roomiest`]);
    assert.equal(found.Summary, 'Job "web" (service) does not run as it should: 0 of 1 run, 1 has no place');
  }
  const one = explained(cluster({ nodes: [machine("n1", { NodeClass: "big" })], jobs: [on(asking({ CPU: 901 }))] }));
  assert.deepEqual(reasons(one), ['1 node of class "big" lacks CPU: 901 MHz needed, 900 MHz free']);
});

test("who may not run a group at all is told with the constraint", () => {
  const rack = { LTarget: "${meta.rack}", Operand: "=", RTarget: "r1" };
  const nodes = [machine("n1"), machine("n2", { Meta: { rack: "r2" }, ComputedClass: "class-b" }), machine("n3")];
  assert.deepEqual(reasons(explained(cluster({ nodes, jobs: [aJob({ Constraints: [rack] })] }))), [
    "3 nodes do not meet ${meta.rack} = r1",
  ]);
  const docker = on({
    Tasks: [
      { ...oneTask, Driver: "docker" },
      { ...oneTask, Name: "other" },
    ],
  });
  assert.deepEqual(reasons(explained(cluster({ nodes: [machine("n1")], jobs: [docker] }))), [
    "1 node lacks a driver: docker",
  ]);
  const hosts = on({ Count: 2, Constraints: [{ LTarget: "", Operand: "distinct_hosts", RTarget: "" }] });
  assert.deepEqual(reasons(explained(cluster({ nodes: [machine("n1")], jobs: [hosts] }))), [
    "1 node runs one already (distinct_hosts)",
  ]);
  const racks = on({
    Count: 2,
    Constraints: [{ LTarget: "${node.datacenter}", Operand: "distinct_property", RTarget: "" }],
  });
  assert.deepEqual(reasons(explained(cluster({ nodes: [machine("n1"), machine("n2")], jobs: [racks] }))), [
    "2 nodes would exceed ${node.datacenter} distinct_property 1",
  ]);
});

test("of a network is told what is missing, and of a port who has it", () => {
  const port = { MBits: 1, ReservedPorts: [{ Label: "http", Value: 8080 }] };
  const busy = aJob({ ID: "busy" });
  const taken = { main: { Networks: [{ ...port, Device: "eth0", IP: "10.0.0.1" }] } };
  const allocations = [anAllocation("b", busy, "n1", { TaskResources: taken })];
  const jobs = [on(asking({ Networks: [port] })), busy];
  assert.deepEqual(reasons(explained(cluster({ nodes: [machine("n1")], jobs, allocations }))), [
    '1 node cannot give port 8080 ("http"): job "busy" has it on node name-n1 (n1)',
  ]);
  const Networks = [{ IP: "10.0.0.1", ReservedPorts: [{ Label: "", Value: 8080 }] }];
  assert.deepEqual(reasons(explained(cluster({ nodes: [machine("n1", { Reserved: { Networks } })], jobs }))), [
    '1 node cannot give port 8080 ("http"): it is reserved on node name-n1 (n1)',
  ]);
  const wide = on(asking({ Networks: [{ MBits: 2000 }] }));
  assert.deepEqual(reasons(explained(cluster({ nodes: [machine("n1")], jobs: [wide] }))), ["1 node lacks bandwidth"]);
  const bare = machine("n1", { Resources: { CPU: 1000, MemoryMB: 1000, DiskMB: 1000 } });
  assert.deepEqual(reasons(explained(cluster({ nodes: [bare], jobs: [wide] }))), ["1 node lacks a network"]);
});

test("nodes that get no work, and datacenters without nodes, are told of", () => {
  const job = aJob({ Datacenters: ["dc1", "dc9"] });
  const nodes = [
    machine("n1", { Status: "down" }),
    machine("n2", { Drain: true }),
    machine("n3", { SchedulingEligibility: "ineligible" }),
    machine("n4", { Datacenter: "dc2" }),
    machine("n5", { Status: "down" }),
  ];
  assert.deepEqual(told(explained(cluster({ nodes, jobs: [job] }))), [
    "no evaluation: No evaluation waits: nothing looks at the job until it is run again",
    'no ready nodes: No node is ready in datacenter "dc1" and "dc9"; there are nodes in "dc2"',
    "nodes away: Of its datacenters 2 nodes are down, 1 node is draining and 1 node is not eligible",
  ]);
  assert.deepEqual(told(explained(cluster({ jobs: [job] }))).slice(1), [
    "no nodes: There are no nodes: start an agent that is a client",
  ]);
});

test("a job that is stopped, gone or launched by the clock is said to be so", () => {
  const stopped = explained(cluster({ jobs: [aJob({ Stop: true })] }));
  assert.deepEqual(
    [stopped.Runs, stopped.Summary, told(stopped)],
    [true, 'Job "web" (service) is stopped', ["stopped: It was stopped; run it again to have it back"]],
  );
  const gone = explained(cluster({}), { evaluation: need({ Status: "complete", ModifyTime: ago(60) }) });
  assert.deepEqual(
    [gone.Summary, told(gone)],
    [
      'Job "web" is gone: nothing of it is to run',
      ["evaluation: Evaluation eval-1, triggered by job-register, has been complete for 1m0s"],
    ],
  );
  const Periodic = { Enabled: true, Spec: "30 1 * * *", SpecType: "cron" };
  const periodic = (fields: object) =>
    explained(cluster({ jobs: [aJob({ Type: "batch", Periodic: { ...Periodic, ...fields } })] }));
  assert.deepEqual(
    [periodic({}).Summary, told(periodic({}))],
    [
      'Job "web" (batch) launches others by the clock and runs nothing itself',
      ["periodic: It is launched again in 30m0s"],
    ],
  );
  assert.deepEqual(told(periodic({ Enabled: false })), ["periodic: Its clock is switched off: it launches nothing"]);
  assert.deepEqual(told(periodic({ Spec: "0 0 30 2 *" })), ["periodic: Its clock never comes round again"]);
});

test("the last launch of a periodic job is told of", () => {
  const Periodic = { Enabled: true, Spec: "30 1 * * *", SpecType: "cron" };
  const parent = aJob({ Type: "batch", Periodic });
  const child = aJob({ ID: "web/periodic-3000", ParentID: "web", Type: "batch" });
  const view = cluster({ jobs: [parent, child] }).assuming((write) =>
    write.put("periodicLaunches", { ID: "web", Namespace: "default", Launch: 3_000e9, CreateIndex: 1, ModifyIndex: 1 }),
  );
  assert.deepEqual(told(explained(view)), ["periodic: It is launched again in 30m0s; the last launch was 10m0s ago"]);
});

test("evaluations that wait, for whatever, are told of with for how long", () => {
  const told_ = (fields: object) => {
    const evaluation = need({ CreateTime: ago(250), ModifyTime: ago(250), ...fields });
    const view = cluster({ nodes: [machine("n1")], jobs: [on(asking({ CPU: 5000 }))] });
    return told(explained(withEvaluations(view, [evaluation])));
  };
  assert.deepEqual(told_({ Status: "blocked" }), [
    "blocked evaluation: Evaluation eval-1 has waited for room for 4m10s; it is looked at as soon as some comes up",
  ]);
  assert.deepEqual(told_({ ModifyTime: ago(3), CreateTime: ago(3) }), [
    "pending evaluation: Evaluation eval-1 has waited to be looked at for 3s",
  ]);
  assert.deepEqual(told_({}), [
    "pending evaluation: Evaluation eval-1 has waited to be looked at for 4m10s: no server takes it, see their logs",
  ]);
  assert.deepEqual(told_({ TriggeredBy: "rolling-update", Wait: 300e9 }), [
    "waiting evaluation: Evaluation eval-1 waits its turn: the update goes on in 50s",
  ]);
  assert.deepEqual(told_({ Status: "failed", StatusDescription: "maximum attempts reached (5)" }), [
    "failed evaluation: Evaluation eval-1 failed 4m10s ago: maximum attempts reached (5); nothing looks at the job until it is run again",
  ]);
});

test("an evaluation is explained by what it saw then, and what is so now", () => {
  const job = on(asking({ CPU: 5000 }));
  const { next, outcome, view } = turn(cluster({ nodes: [machine("n1")], jobs: [job] }));
  assert.ok(next.kind === "finished");
  const evaluation = { ...next.evaluation, ModifyTime: ago(90) };
  const since = changed(
    withEvaluations(view, [evaluation, { ...outcome.blocked!, ID: "eval-2", CreateTime: ago(90) }]),
    {
      nodes: [machine("n2", { Resources: { CPU: 6000, MemoryMB: 6000, DiskMB: 6000 } })],
    },
  );
  const found = explained(since, { evaluation });
  assert.equal(found.EvalID, "eval-1");
  assert.deepEqual(told(found), [
    "evaluation: Evaluation eval-1, triggered by job-register, has been complete for 1m30s",
    "blocked evaluation: Evaluation eval-2 has waited for room for 1m30s; it is looked at as soon as some comes up",
  ]);
  assert.deepEqual(found.Earlier, [
    { Group: "grp", NodesRefusing: 1, Reasons: ["1 node lacks CPU: 5000 MHz needed, 900 MHz free"] },
  ]);
  assert.deepEqual(counts(found), { ...none, Wanted: 1, Placeable: 1 });
  const old = { grp: { ...next.evaluation.FailedTGAllocs.grp, Refusals: undefined } };
  const older = explained(since, { evaluation: { ...evaluation, FailedTGAllocs: old } as unknown as Evaluation });
  assert.deepEqual(older.Earlier, [{ Group: "grp", NodesRefusing: 1, Reasons: [] }]);
});

test("what is placed and does not run is told with the last that happened to its tasks", () => {
  const job = on({ Count: 3 });
  const event = (Type: string, seconds: number, DisplayMessage = "") => ({ Type, Time: ago(seconds), DisplayMessage });
  const states = (...Events: object[]) => ({ main: { State: "pending", Events } });
  const allocation = (at: number, fields: object): Allocation =>
    anAllocation(`alloc-${at}`, job, "n1", {
      Name: `web.grp[${at}]`,
      CreateTime: ago(70),
      ModifyTime: ago(50),
      ...fields,
    });
  const allocations = [
    allocation(0, {
      ClientStatus: "pending",
      TaskStates: states(event("Received", 60), event("Driver Failure", 40, "no such image")),
    }),
    allocation(1, { ClientStatus: "pending" }),
    allocation(2, {
      ClientStatus: "failed",
      TaskStates: states(
        event("Started", 50),
        event("Terminated", 45, "Exit Code: 3"),
        event("Not Restarting", 40, "Exceeded attempts"),
      ),
    }),
    anAllocation("replaced", job, "n1", { Name: "web.grp[0]", ClientStatus: "failed", CreateIndex: 5 }),
    anAllocation("not wanted", job, "n1", { Name: "web.grp[3]", ClientStatus: "failed" }),
  ];
  const found = explained(cluster({ nodes: [machine("n1")], jobs: [job], allocations }));
  assert.deepEqual(counts(found), { ...none, Wanted: 3, Starting: 2, Placeable: 1 });
  assert.equal(
    found.Summary,
    'Job "web" (service) does not run as it should: 0 of 3 run, 2 are starting, 1 can be placed now',
  );
  assert.deepEqual(found.Groups[0]?.Remarks.map(({ Kind, Text }) => `${Kind}: ${Text}`).sort(), [
    'allocation failed: Allocation alloc-2 on node name-n1 (n1) failed 50s ago: task "main": Terminated: Exit Code: 3; then Not Restarting: Exceeded attempts',
    'allocation pending: Allocation alloc-0 on node name-n1 (n1) has been pending for 1m10s: task "main": Driver Failure: no such image',
    "allocation pending: Allocation alloc-1 on node name-n1 (n1) has been pending for 1m10s: its client has not said anything of it yet",
  ]);
});

test("what had to make room for another job is told with that job", () => {
  const [job, big] = [aJob(), aJob({ ID: "big", Priority: 80 })];
  const evicted = { DesiredStatus: "evict", PreemptedByAllocation: "big-1", ModifyTime: ago(50) };
  const allocations = [
    anAllocation("alloc-0", job, "n1", evicted),
    anAllocation("big-1", big, "n1", { Name: "big.grp[0]" }),
  ];
  const found = explained(cluster({ nodes: [machine("n1")], jobs: [job, big], allocations }));
  assert.deepEqual(found.Groups[0]?.Remarks, [
    {
      Kind: "allocation preempted",
      Text: 'Allocation alloc-0 on node name-n1 (n1) had to make room for allocation big-1 of job "big" 50s ago',
    },
  ]);
});

test("what was lost is told with its node, even if that is gone", () => {
  const job = on({ Count: 2 });
  const lost = (at: number) =>
    anAllocation(`alloc-${at}`, job, `n${at}`, { Name: `web.grp[${at}]`, ClientStatus: "lost", ModifyTime: ago(50) });
  const found = explained(
    cluster({ nodes: [machine("n0", { Status: "down" })], jobs: [job], allocations: [0, 1].map(lost) }),
  );
  assert.deepEqual(found.Groups[0]?.Remarks.map(({ Text }) => Text).sort(), [
    "Allocation alloc-0 on node name-n0 (n0) was lost 50s ago; the node is down",
    "Allocation alloc-1 on node n1, which is gone, was lost 50s ago",
  ]);
});

test("what runs on a node that is down does not count as running", () => {
  const job = on({ Count: 2 });
  const allocations = [0, 1].map((at) => anAllocation(`a${at}`, job, `n${at}`, { Name: `web.grp[${at}]` }));
  const nodes = [machine("n0", { Status: "down" }), machine("n1")];
  const found = explained(cluster({ nodes, jobs: [job], allocations }));
  assert.deepEqual(counts(found), { ...none, Wanted: 2, Running: 1, Placeable: 1 });
});

test("what is to be replaced by a newer version still runs", () => {
  const before = on({ Count: 2 });
  const allocations = [0, 1].map((at) => anAllocation(`a${at}`, before, "n1", { Name: `web.grp[${at}]` }));
  const job = { ...on({ Count: 2, ...asking({ CPU: 50 }) }), JobModifyIndex: 11 };
  const found = explained(cluster({ nodes: [machine("n1")], jobs: [job], allocations }));
  assert.deepEqual(counts(found), { ...none, Wanted: 2, Running: 2 });
});

test("a batch job that has ended well is done, and one that failed wants to run again", () => {
  const job = aJob({ Type: "batch", TaskGroups: [group({ Count: 2 })] });
  const done = { main: { State: "dead", Events: [{ Type: "Terminated", ExitCode: 0 }] } };
  const ended = (at: number, ClientStatus: string) =>
    anAllocation(`a${at}`, job, "n1", { Name: `web.grp[${at}]`, ClientStatus, TaskStates: done });
  const of = (...statuses: string[]) =>
    explained(
      cluster({ nodes: [machine("n1")], jobs: [job], allocations: statuses.map((status, at) => ended(at, status)) }),
    );
  assert.deepEqual(
    [of("complete", "complete").Runs, of("complete", "complete").Summary],
    [true, 'Job "web" (batch) is done: all 2 allocations ran to the end'],
  );
  assert.deepEqual(counts(of("complete", "failed")), { ...none, Wanted: 2, Ended: 1, Placeable: 1 });
  assert.equal(of("complete", "running").Summary, 'Job "web" (batch) runs as it should: 1 of 2 runs, 1 has ended');
});

test("a job that wants nothing, and one that no scheduler takes, say so", () => {
  const nothing = explained(cluster({ jobs: [on({ Count: 0 })] }));
  assert.deepEqual([nothing.Runs, nothing.Summary], [true, 'Job "web" (service) wants no allocation']);
  const unknown = explained(cluster({ jobs: [aJob({ Type: "dance" })] }));
  assert.deepEqual(told(unknown), ["refused: The scheduler refuses it: unknown scheduler 'dance'"]);
});

test("there is an end to trying, and it is said", () => {
  const constraints = Array.from({ length: 150 }, (_, at) => ({
    LTarget: "${node.class}",
    Operand: "=",
    RTarget: `c${at}`,
  }));
  const found = explained(cluster({ nodes: [machine("n1")], jobs: [aJob({ Constraints: constraints })] }));
  assert.deepEqual([found.Tries, found.IsCut], [100, true]);
});

test("the same question is answered the same", () => {
  const view = cluster({ nodes: [machine("n1"), machine("n2")], jobs: [on({ Count: 30 })] });
  assert.deepEqual(explained(view), explained(view));
});

function withEvaluations(view: ReturnType<typeof cluster>, evaluations: readonly Evaluation[]) {
  return view.assuming((write) => {
    for (const one of evaluations) write.put("evaluations", one);
  });
}
