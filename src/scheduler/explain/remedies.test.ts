import assert from "node:assert";
import { test } from "node:test";
import type { Job, Remedy } from "../../model/index.ts";
import type { StateView } from "../../state/index.ts";
import { aJob, anAllocation, cluster, group, machine, oneTask } from "../harness.ts";
import { explained, followed, thereAfter } from "./testing/explained.ts";

const task = (Resources: object, fields: object = {}) => ({
  ...oneTask,
  Resources: { ...oneTask.Resources, ...Resources },
  ...fields,
});
const job = (fields: object = {}, Resources: object = {}) =>
  aJob({ TaskGroups: [group({ Tasks: [task(Resources)], ...fields })] });

/** The remedies of one kind for the one group, each shown to place as many more as it says. */
function remedies(view: StateView, of: Job, kind: string): readonly Remedy[] {
  const [about] = explained(view).Groups;
  const all = about?.Remedies ?? [];
  for (const remedy of all) {
    const gained = thereAfter(followed(view, of, "grp", remedy), of, "grp") - thereAfter(view, of, "grp");
    assert.equal(gained, remedy.Places, remedy.Text);
  }
  return all.filter(({ Kind }) => Kind === kind);
}

/** Without the blanks. */
function said(remedy: Remedy | undefined): object {
  return Object.fromEntries(
    Object.entries(remedy ?? {}).filter(([, value]) => value !== "" && value !== 0 && value !== null),
  );
}

const busy = aJob({ ID: "busy", Name: "busy", Priority: 20 });
const held = (id: string, node: string, Resources: object, of = busy, fields: object = {}) =>
  anAllocation(id, of, node, {
    Name: `${of.Name}.grp[${id}]`,
    TaskResources: { main: task(Resources).Resources },
    ...fields,
  });

test("of each resource that has run out the largest ask that fits is found, and one unit more does not fit", () => {
  const asks = [
    ["CPU", 5000, 900],
    ["MemoryMB", 901, 900],
    ["DiskMB", 20_000, 10_000],
    ["IOPS", 101, 100],
  ] as const;
  for (const [Resource, From, To] of asks) {
    const of = job({}, { [Resource]: From });
    const view = cluster({ nodes: [machine("n1"), machine("n2")], jobs: [of] });
    const [smaller, ...more] = remedies(view, of, "ask");
    assert.ok(smaller !== undefined && more.length === 0);
    const { Text, Places, ...fields } = said(smaller) as Remedy;
    assert.deepEqual(fields, { Kind: "ask", Task: "main", Resource, From, To });
    assert.equal(thereAfter(followed(view, of, "grp", smaller, { more: 1 }), of, "grp"), 0, Text);
  }
});

test("bandwidth can be asked for in part", () => {
  const of = job({}, { Networks: [{ MBits: 1001 }] });
  const view = cluster({ nodes: [machine("n1")], jobs: [of] });
  const [smaller] = remedies(view, of, "ask");
  assert.deepEqual([smaller?.Resource, smaller?.From, smaller?.To], ["MBits", 1001, 1000]);
  assert.equal(thereAfter(followed(view, of, "grp", smaller!, { more: 1 }), of, "grp"), 0);
});

test("the largest ask counts with what runs already, which would ask for less too", () => {
  const of = job({ Count: 3 }, { CPU: 400 });
  const allocations = [0, 1].map((at) => held(`web${at}`, "n1", { CPU: 400 }, of, { Name: `web.grp[${at}]` }));
  const view = cluster({ nodes: [machine("n1")], jobs: [of], allocations });
  const [smaller] = remedies(view, of, "ask");
  assert.deepEqual([smaller?.To, smaller?.Places], [300, 1]);
  assert.equal(thereAfter(followed(view, of, "grp", smaller!, { more: 1 }), of, "grp"), 2);
});

test("where two things are missing at once asking for less of one helps nothing, and is not told", () => {
  const of = job({}, { CPU: 5000, MemoryMB: 5000 });
  assert.deepEqual(remedies(cluster({ nodes: [machine("n1")], jobs: [of] }), of, "ask"), []);
});

test("each constraint without which it would fit is named with its place, and no other", () => {
  const windows = { LTarget: "${attr.kernel.name}", Operand: "=", RTarget: "windows" };
  const linux = { ...windows, RTarget: "linux" };
  const places = [
    [{ Constraints: [linux, windows] }, { Level: "job" }, "of the job"],
    [{ TaskGroups: [group({ Constraints: [windows, linux] })] }, { Level: "group" }, "of the group"],
    [
      { TaskGroups: [group({ Tasks: [{ ...oneTask, Constraints: [windows] }] })] },
      { Level: "task", Task: "main" },
      'of task "main"',
    ],
  ] as const;
  for (const [fields, where, words] of places) {
    const of = aJob(fields);
    const found = remedies(cluster({ nodes: [machine("n1")], jobs: [of] }), of, "constraint");
    assert.equal(found.length, 1);
    const { Text, ...rest } = said(found[0]) as Remedy;
    assert.equal(Text, `Leave out the constraint \${attr.kernel.name} = windows ${words}`);
    assert.deepEqual(rest, { Kind: "constraint", Places: 1, Constraint: windows, ...where });
  }
});

test("that hosts or properties are to be distinct is a constraint like others", () => {
  for (const Constraint of [
    { LTarget: "", Operand: "distinct_hosts", RTarget: "" },
    { LTarget: "${node.datacenter}", Operand: "distinct_property", RTarget: "1" },
  ]) {
    const of = aJob({ TaskGroups: [group({ Count: 3, Constraints: [Constraint] })] });
    const found = remedies(cluster({ nodes: [machine("n1")], jobs: [of] }), of, "constraint");
    assert.deepEqual(
      found.map(({ Places }) => Places),
      [2],
      Constraint.Operand,
    );
  }
});

test("a datacenter that the job does not name is told of if it has a place", () => {
  const of = job({}, { CPU: 950 });
  const nodes = [
    machine("n1"),
    machine("n2", { Datacenter: "dc2" }),
    machine("n3", { Datacenter: "dc3", Resources: { CPU: 4000, MemoryMB: 4000, DiskMB: 4000 } }),
  ];
  const found = remedies(cluster({ nodes, jobs: [of] }), of, "datacenter");
  assert.deepEqual(said(found[0]), {
    Kind: "datacenter",
    Text: 'Let the job run in datacenter "dc3" too',
    Places: 1,
    Datacenter: "dc3",
  });
});

test("a node that gets no work is told of if it would help", () => {
  const of = job({}, { CPU: 900 });
  const full = held("b1", "n1", { CPU: 900 });
  const away = [
    [{ Drain: true, SchedulingEligibility: "ineligible" }, "End the drain of node name-n2 (n2)"],
    [{ SchedulingEligibility: "ineligible" }, "Make node name-n2 (n2) eligible again"],
    [{ Status: "down" }, "Bring node name-n2 (n2) back: it is down"],
  ] as const;
  for (const [fields, Text] of away) {
    const view = cluster({ nodes: [machine("n1"), machine("n2", fields)], jobs: [of, busy], allocations: [full] });
    assert.deepEqual(said(remedies(view, of, "return")[0]), { Kind: "return", Text, Places: 1, NodeID: "n2" });
  }
  const both = machine("n2", { Status: "down", Drain: true });
  const view = cluster({ nodes: [machine("n1"), both], jobs: [of, busy], allocations: [full] });
  assert.deepEqual(remedies(view, of, "return"), []);
});

test("the smallest kind of node of which one more would help is told of", () => {
  const of = job({ Count: 20 }, { CPU: 500 });
  const sized = (id: string, CPU: number) =>
    machine(id, { NodeClass: `c${CPU}`, Resources: { CPU, MemoryMB: 1000, DiskMB: 1000 } });
  const nodes = [sized("n1", 4000), sized("n2", 1100), sized("n3", 550)];
  const found = remedies(cluster({ nodes, jobs: [of] }), of, "node");
  assert.deepEqual(said(found[0]), {
    Kind: "node",
    Text: 'Add one like node name-n2 (n2): class "c1100", 1100 MHz, 1000 MiB',
    Places: 2,
    NodeID: "n2",
    Datacenter: "dc1",
  });
});

test("where a datacenter has no nodes, one like those elsewhere is told of", () => {
  const of = aJob({ Datacenters: ["dc9"] });
  const found = remedies(cluster({ nodes: [machine("n1")], jobs: [of] }), of, "node");
  assert.deepEqual([found[0]?.NodeID, found[0]?.Datacenter], ["n1", "dc9"]);
  assert.match(found[0]?.Text ?? "", /, in datacenter "dc9"$/);
});

test("a new node does not have what is unique to the one it is like", () => {
  const here = { LTarget: "${attr.unique.hostname}", Operand: "=", RTarget: "here" };
  const of = job({ Count: 9, Constraints: [here] }, { CPU: 500 });
  const nodes = [machine("n1", { Attributes: { "driver.exec": "1", "unique.hostname": "here" } })];
  const [about] = explained(cluster({ nodes, jobs: [of] })).Groups;
  assert.deepEqual(
    about?.Remedies.filter(({ Kind }) => Kind === "node"),
    [],
  );
});

test("of the allocations with less priority whose room would do the least important is told of", () => {
  const of = job({}, { CPU: 500 });
  const lesser = aJob({ ID: "lesser", Name: "lesser", Priority: 10 });
  const higher = aJob({ ID: "higher", Name: "higher", Priority: 80 });
  const allocations = [
    held("aaaaaaaa-1", "n1", { CPU: 800 }),
    held("bbbbbbbb-2", "n2", { CPU: 100 }, lesser),
    held("cccccccc-3", "n2", { CPU: 400 }, lesser),
    held("dddddddd-4", "n2", { CPU: 400 }, busy),
    held("eeeeeeee-5", "n3", { CPU: 900 }, higher),
  ];
  const nodes = [machine("n1"), machine("n2"), machine("n3")];
  const view = cluster({ nodes, jobs: [of, busy, lesser, higher], allocations });
  assert.deepEqual(said(remedies(view, of, "stop")[0]), {
    Kind: "stop",
    Text: 'Stop allocation aaaaaaaa of job "busy" (priority 20) on node name-n1 (n1)',
    Places: 1,
    AllocID: "aaaaaaaa-1",
    JobID: "busy",
    NodeID: "n1",
  });
});

test("nobody with the same priority or more is to make room", () => {
  const of = job({}, { CPU: 500 });
  const equal = aJob({ ID: "equal", Name: "equal", Priority: 50 });
  const view = cluster({
    nodes: [machine("n1")],
    jobs: [of, equal],
    allocations: [held("e1", "n1", { CPU: 800 }, equal)],
  });
  assert.deepEqual(remedies(view, of, "stop"), []);
});

test("a port that the job names and another has can be left to the servers", () => {
  const web = { MBits: 1, ReservedPorts: [{ Label: "http", Value: 8080 }] };
  const of = job({}, { Networks: [web] });
  const granted = { ...web, Device: "eth0", IP: "10.0.0.1" };
  const view = cluster({
    nodes: [machine("n1")],
    jobs: [of, busy],
    allocations: [held("b1", "n1", { CPU: 20, Networks: [granted] }, busy)],
  });
  const { Text, ...port } = said(remedies(view, of, "port")[0]) as Remedy;
  assert.deepEqual(port, { Kind: "port", Task: "main", From: 8080, Places: 1 });
  assert.equal(Text, 'Let the servers choose port "http" of task "main" (now 8080)');
  assert.deepEqual(
    remedies(view, of, "stop").map(({ AllocID }) => AllocID),
    ["b1"],
  );
});

test("a system job has its remedies too: for the nodes without room, and for having none at all", () => {
  const of = (fields: object) => aJob({ Type: "system", TaskGroups: [group(fields)] });
  const crowded = of({ Tasks: [task({ CPU: 500 })] });
  const view = cluster({
    nodes: [machine("n1"), machine("n2")],
    jobs: [crowded, busy],
    allocations: [held("b1", "n1", { CPU: 500 })],
  });
  const [about] = explained(view).Groups;
  assert.deepEqual([about?.Wanted, about?.Placeable, about?.Unplaced], [2, 1, 1]);
  assert.deepEqual(
    about?.Remedies.map(({ Kind, To, Places }) => [Kind, To, Places]),
    [
      ["ask", 400, 1],
      ["node", 0, 1],
      ["stop", 0, 1],
    ],
  );
  const windows = of({ Constraints: [{ LTarget: "${attr.kernel.name}", Operand: "=", RTarget: "windows" }] });
  const nowhere = explained(cluster({ nodes: [machine("n1"), machine("n2")], jobs: [windows] }));
  assert.deepEqual([nowhere.Runs, nowhere.Summary], [false, 'Job "web" (system) has no node to run on']);
  assert.deepEqual(
    nowhere.Groups[0]?.Remedies.map(({ Kind, Places }) => [Kind, Places]),
    [["constraint", 2]],
  );
});

test("a system job is helped on each node by what that node lacks", () => {
  const of = aJob({ Type: "system", TaskGroups: [group({ Tasks: [task({ CPU: 500, MemoryMB: 500 })] })] });
  const nodes = [
    machine("n1", { Resources: { CPU: 400, MemoryMB: 900, DiskMB: 100 } }),
    machine("n2", { Resources: { CPU: 900, MemoryMB: 400, DiskMB: 100 } }),
  ];
  const asks = remedies(cluster({ nodes, jobs: [of] }), of, "ask");
  assert.deepEqual(
    asks.map(({ Resource, To }) => [Resource, To]),
    [
      ["CPU", 300],
      ["MemoryMB", 300],
    ],
  );
});

test("what helps one group at the cost of another is no remedy", () => {
  const constrained = { LTarget: "${node.class}", Operand: "=", RTarget: "large" };
  const TaskGroups = [
    group({ Name: "first", Tasks: [task({ CPU: 900 })], Constraints: [constrained] }),
    group({ Name: "second", Tasks: [task({ CPU: 900 })] }),
  ];
  const found = explained(cluster({ nodes: [machine("n1")], jobs: [aJob({ TaskGroups })] })).Groups;
  assert.deepEqual([found[0]?.Unplaced, found[1]?.Placeable], [1, 1]);
  assert.deepEqual(found[0]?.Remedies, []);
});
