import assert from "node:assert";
import { test } from "node:test";
import { allAtOnce } from "../base/index.ts";
import { type Job, job } from "./job.ts";
import { jobDiffOf } from "./job-diff.ts";
import { annotateJobDiff } from "./job-diff-annotations.ts";
import type { FieldDiff, JobDiff, ObjectDiff } from "./job-diff-shapes.ts";
import { planAnnotations } from "./plan.ts";

const task = {
  Name: "main",
  Driver: "exec",
  Config: { command: "/bin/sh", args: ["-c", "a"] },
  Env: { FOO: "bar" },
  KillTimeout: 5_000_000_000,
  Resources: { CPU: 100, MemoryMB: 32, DiskMB: 50 },
  LogConfig: { MaxFiles: 2, MaxFileSizeMB: 1 },
};

function aJob(fields: object = {}, groupFields: object = {}, taskFields: object = {}): Job {
  const groups = [{ Name: "app", Count: 1, Tasks: [{ ...task, ...taskFields }], ...groupFields }];
  return job.parse({ ID: "web", Name: "web", Type: "service", Datacenters: ["dc1"], TaskGroups: groups, ...fields });
}

const base = aJob();
const diff = (after: Job, options = { contextual: true }, before: Job | null = base) =>
  allAtOnce(jobDiffOf(before, after, options));
const taskIn = (of: JobDiff) => of.TaskGroups[0]?.Tasks[0];

/** One line a row, as the command line shows them; objects with their rows indented. */
function lines(rows: readonly FieldDiff[], objects: readonly ObjectDiff[] = []): string[] {
  const marks: Record<string, string> = { Added: "+", Deleted: "-", Edited: "±", None: "=" };
  return [
    ...rows.map(({ Type, Name, Old, New }) => `${marks[Type]} ${Name}: "${Old}" => "${New}"`),
    ...objects.flatMap((one) => [
      `${marks[one.Type]} ${one.Name}`,
      ...lines(one.Fields, one.Objects).map((line) => `  ${line}`),
    ]),
  ];
}

test("the same job twice differs in nothing", () => {
  const same = diff(aJob());
  assert.deepEqual([same.Type, same.Fields, same.Objects], ["None", [], []]);
  assert.deepEqual(
    same.TaskGroups.map(({ Type, Tasks }) => [Type, Tasks.map((one) => one.Type)]),
    [["None", ["None"]]],
  );
});

test("of a new job everything that is set is added", () => {
  const added = diff(base, { contextual: true }, null);
  assert.equal(added.Type, "Added");
  assert.deepEqual(lines(added.Fields, added.Objects), [
    '+ AllAtOnce: "" => "false"',
    '+ Name: "" => "web"',
    '+ Priority: "" => "0"',
    '+ Type: "" => "service"',
    "+ Datacenters",
    '  + Datacenters: "" => "dc1"',
    "+ Update",
    '  + MaxParallel: "" => "0"',
    '  + Stagger: "" => "0"',
  ]);
  assert.deepEqual(
    taskIn(added)?.Objects.map(({ Type, Name }) => `${Type} ${Name}`),
    ["Added Config", "Added Resources", "Added LogConfig"],
  );
});

test("what the servers keep is no difference", () => {
  const stored = {
    Status: "running",
    Version: 3,
    SubmitTime: 9,
    CreateIndex: 1,
    ModifyIndex: 2,
    JobModifyIndex: 2,
    Stable: true,
  };
  assert.equal(diff(aJob(), { contextual: true }, aJob(stored)).Type, "None");
});

test("two jobs have no difference to show", () => {
  assert.throws(() => diff(aJob({ ID: "other" })), /can not diff jobs with different IDs: "web" and "other"/);
});

test("rows of a job: fields by name, then objects in their order", () => {
  const after = aJob({
    Priority: 70,
    Meta: { owner: "me" },
    Datacenters: ["dc2"],
    Constraints: [{ LTarget: "${attr.arch}", Operand: "=", RTarget: "amd64" }],
    Update: { Stagger: 10_000_000_000, MaxParallel: 0 },
    Periodic: { Enabled: true, Spec: "@daily", SpecType: "cron" },
  });
  const { Fields, Objects } = diff(after);
  assert.deepEqual(lines(Fields, Objects), [
    '+ Meta[owner]: "" => "me"',
    '± Priority: "0" => "70"',
    "± Datacenters",
    '  + Datacenters: "" => "dc2"',
    '  - Datacenters: "dc1" => ""',
    "+ Constraint",
    '  + LTarget: "" => "${attr.arch}"',
    '  + Operand: "" => "="',
    '  + RTarget: "" => "amd64"',
    "± Update",
    '  = MaxParallel: "0" => "0"',
    '  ± Stagger: "0" => "10000000000"',
    "+ Periodic",
    '  + Enabled: "" => "true"',
    '  + ProhibitOverlap: "" => "false"',
    '  + Spec: "" => "@daily"',
    '  + SpecType: "" => "cron"',
  ]);
});

test("a changed object shows its other fields only in context", () => {
  const after = aJob({}, {}, { Resources: { CPU: 100, MemoryMB: 64, DiskMB: 50 } });
  assert.deepEqual(lines(taskIn(diff(after))?.Objects[0]?.Fields ?? []), [
    '= CPU: "100" => "100"',
    '= DiskMB: "50" => "50"',
    '= IOPS: "0" => "0"',
    '± MemoryMB: "32" => "64"',
  ]);
  assert.deepEqual(lines(taskIn(diff(after, { contextual: false }))?.Objects[0]?.Fields ?? []), [
    '± MemoryMB: "32" => "64"',
  ]);
});

test("the most memory a task may use is a row where there is one", () => {
  const after = aJob({}, {}, { Resources: { CPU: 100, MemoryMB: 32, DiskMB: 50, MemoryMaxMB: 90 } });
  assert.deepEqual(lines(taskIn(diff(after, { contextual: false }))?.Objects[0]?.Fields ?? []), [
    '+ MemoryMaxMB: "" => "90"',
  ]);
});

test("configuration is flattened down to its values", () => {
  const after = aJob({}, {}, { Config: { command: "/bin/sh", args: ["-c"], port_map: [{ http: 80 }], tty: true } });
  assert.deepEqual(lines([], taskIn(diff(after, { contextual: false }))?.Objects ?? []), [
    "± Config",
    '  - args[1]: "a" => ""',
    '  + port_map[0][http]: "" => "80"',
    '  + tty: "" => "true"',
  ]);
});

test("a constraint that changed is one added and one deleted", () => {
  const constraint = { LTarget: "${attr.arch}", Operand: "=", RTarget: "amd64" };
  const before = aJob({ Constraints: [constraint] });
  const { Objects } = diff(aJob({ Constraints: [{ ...constraint, RTarget: "arm64" }] }), { contextual: true }, before);
  assert.deepEqual(
    Objects.map(({ Type, Name }) => `${Type} ${Name}`),
    ["Added Constraint", "Deleted Constraint"],
  );
});

test("affinities and spreads come and go by content, on every level that has them", () => {
  const affinity = { LTarget: "${attr.arch}", Operand: "=", RTarget: "arm64", Weight: 20 };
  const spread = { Attribute: "${node.datacenter}", SpreadTarget: [{ Value: "dc1", Percent: 70 }] };
  const Affinities = [affinity];
  const before = aJob({ Spreads: [spread], Affinities });
  const after = aJob(
    { Affinities, Spreads: [{ ...spread, Weight: 60 }] },
    { Affinities, Spreads: [spread] },
    { Affinities },
  );
  const { Objects, TaskGroups } = diff(after, { contextual: false }, before);
  const added = ["+ Spread", '  + Attribute: "" => "${node.datacenter}"'];
  const target = ["  + SpreadTarget", '    + Percent: "" => "70"', '    + Value: "" => "dc1"'];
  assert.deepEqual(lines([], Objects), [
    ...[...added, '  + Weight: "" => "60"', ...target],
    "- Spread",
    '  - Attribute: "${node.datacenter}" => ""',
    '  - Weight: "50" => ""',
    "  - SpreadTarget",
    '    - Percent: "70" => ""',
    '    - Value: "dc1" => ""',
  ]);
  const wished = [
    "+ Affinity",
    '  + LTarget: "" => "${attr.arch}"',
    '  + Operand: "" => "="',
    '  + RTarget: "" => "arm64"',
    '  + Weight: "" => "20"',
  ];
  const [group] = TaskGroups;
  assert.deepEqual(lines([], group?.Objects), [...wished, ...added, '  + Weight: "" => "50"', ...target]);
  assert.deepEqual(lines([], group?.Tasks[0]?.Objects), wished);
});

test("networks go by content, ports by label, and which number a dynamic port has is no difference", () => {
  const asking = (Networks: object[]) => aJob({}, {}, { Resources: { CPU: 100, Networks } });
  const before = asking([
    { MBits: 10, ReservedPorts: [{ Label: "ssh", Value: 22 }], DynamicPorts: [{ Label: "http" }] },
  ]);
  const same = asking([
    {
      MBits: 10,
      Device: "eth0",
      ReservedPorts: [{ Label: "ssh", Value: 22 }],
      DynamicPorts: [{ Label: "http", Value: 20_000 }],
    },
  ]);
  assert.deepEqual(taskIn(diff(same, { contextual: true }, before))?.Objects, []);
  const after = asking([{ MBits: 20, ReservedPorts: [{ Label: "ssh", Value: 22 }] }]);
  assert.deepEqual(lines([], taskIn(diff(after, { contextual: false }, before))?.Objects ?? []), [
    "± Resources",
    "  + Network",
    '    + MBits: "" => "20"',
    "    + Static Port",
    '      + Label: "" => "ssh"',
    '      + Value: "" => "22"',
    "  - Network",
    '    - MBits: "10" => ""',
    "    - Static Port",
    '      - Label: "ssh" => ""',
    '      - Value: "22" => ""',
    "    - Dynamic Port",
    '      - Label: "http" => ""',
  ]);
});

test("services and their checks go by name", () => {
  const serving = (PortLabel: string, Checks: object[]) =>
    aJob({}, {}, { Services: [{ Name: "web", PortLabel, Checks }] });
  const before = serving("http", [{ Name: "alive", Type: "tcp", Interval: 1 }]);
  const after = serving("https", [{ Name: "ready", Type: "http", Interval: 1 }]);
  assert.deepEqual(lines([], taskIn(diff(after, { contextual: false }, before))?.Objects ?? []), [
    "± Service",
    '  ± PortLabel: "http" => "https"',
    "  + Check",
    '    + Interval: "" => "1"',
    '    + Name: "" => "ready"',
    '    + Timeout: "" => "0"',
    '    + Type: "" => "http"',
    "  - Check",
    '    - Interval: "1" => ""',
    '    - Name: "alive" => ""',
    '    - Timeout: "0" => ""',
    '    - Type: "tcp" => ""',
  ]);
});

test("groups and tasks come and go by name", () => {
  const after = aJob({}, { Name: "other" });
  assert.deepEqual(
    diff(after).TaskGroups.map(({ Type, Name, Tasks }) => [
      Type,
      Name,
      ...Tasks.map((one) => `${one.Type} ${one.Name}`),
    ]),
    [
      ["Deleted", "app", "Deleted main"],
      ["Added", "other", "Added main"],
    ],
  );
});

test("a group is edited when anything in it is, even where no row says so", () => {
  const after = aJob({}, {}, { Services: [{ Name: "web", Tags: ["a"] }] });
  const before = aJob({}, {}, { Services: [{ Name: "web", Tags: ["b"] }] });
  const group = diff(after, { contextual: false }, before).TaskGroups[0];
  assert.deepEqual([group?.Type, group?.Fields, group?.Tasks[0]?.Type], ["Edited", [], "Edited"]);
});

test("a count says whether it creates or destroys", () => {
  const annotated = (count: number) => annotateJobDiff(diff(aJob({}, { Count: count })), planAnnotations.parse({}));
  assert.deepEqual(annotated(3).TaskGroups[0]?.Fields[0]?.Annotations, ["forces create"]);
  assert.deepEqual(annotated(0).TaskGroups[0]?.Fields[0]?.Annotations, ["forces destroy"]);
});

test("a task says what its changes force", () => {
  const annotationOf = (of: JobDiff, at = 0) =>
    annotateJobDiff(of, planAnnotations.parse({})).TaskGroups[0]?.Tasks[at]?.Annotations;
  assert.deepEqual(annotationOf(diff(aJob())), []);
  assert.deepEqual(annotationOf(diff(base, { contextual: true }, null)), ["forces create"]);
  assert.deepEqual(annotationOf(diff(aJob({}, { Name: "z" }))), ["forces destroy"]);
  const inPlace = [
    { KillTimeout: 1 },
    { LogConfig: { MaxFiles: 9 } },
    { Services: [{ Name: "a" }] },
    { Constraints: [{ LTarget: "a" }] },
  ];
  for (const fields of inPlace) assert.deepEqual(annotationOf(diff(aJob({}, {}, fields))), ["forces in-place update"]);
  const destructive = [
    { Env: {} },
    { Driver: "raw_exec" },
    { Config: {} },
    { Artifacts: [{ GetterSource: "a" }] },
    { Affinities: [{}] },
  ];
  for (const fields of destructive)
    assert.deepEqual(annotationOf(diff(aJob({}, {}, fields))), ["forces create/destroy update"]);
  const more = aJob({}, { Tasks: [task, { ...task, Name: "side" }] });
  assert.deepEqual(annotationOf(diff(more), 1), ["forces create/destroy update"]);
});

test("a group says how many allocations what happens to", () => {
  const desired = { Ignore: 1, Place: 2, Stop: 3, Migrate: 4, InPlaceUpdate: 5, DestructiveUpdate: 0 };
  const annotations = planAnnotations.parse({ DesiredTGUpdates: { app: desired } });
  assert.deepEqual(
    { ...annotateJobDiff(diff(aJob()), annotations).TaskGroups[0]?.Updates },
    {
      ignore: 1,
      create: 2,
      destroy: 3,
      migrate: 4,
      "in-place update": 5,
    },
  );
});
