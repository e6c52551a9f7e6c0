import assert from "node:assert/strict";
import { test } from "node:test";
import { type Replies, ran, systemError } from "../testing/console.ts";
import { allocation, id, job, metric, node, someTime } from "../testing/samples.ts";

const event = (Type: string, more: object = {}) => ({
  Type,
  Time: someTime,
  RestartReason: "",
  DriverError: "",
  ExitCode: 0,
  Signal: 0,
  Message: "",
  KillTimeout: 0,
  KillError: "",
  StartDelay: 0,
  DownloadError: "",
  ValidationError: "",
  ...more,
});

const ask = { CPU: 50, MemoryMB: 32, DiskMB: 300, IOPS: 0, Networks: null };
const running = {
  Job: job("shop"),
  TaskResources: {
    server: {
      ...ask,
      Networks: [
        {
          IP: "10.0.0.5",
          ReservedPorts: [{ Label: "admin", Value: 9999 }],
          DynamicPorts: [{ Label: "http", Value: 20_001 }],
        },
      ],
    },
    helper: ask,
  },
  TaskStates: {
    server: { State: "running", Events: [event("Received"), event("Started", { Time: someTime + 1e9 })] },
    helper: { State: "dead", Events: [event("Terminated", { ExitCode: 3 })] },
  },
  Metrics: metric({ Scores: { "d0.binpack": 0.25 } }),
};
const usage = {
  ResourceUsage: {
    MemoryStats: { RSS: 18_874_368, Swap: 0, Measured: ["Swap", "RSS"] },
    CpuStats: {
      Percent: 1.256,
      SystemMode: 0,
      UserMode: 1,
      TotalTicks: 7.9,
      Measured: ["System Mode", "User Mode", "Percent"],
    },
  },
};

function agents(more: object = {}, stats: Replies[string] = { json: { Tasks: { server: usage } } }) {
  const agent: Replies = {
    "GET /v1/allocations": { json: [allocation("a1")] },
    [`GET /v1/allocation/${id("a1")}`]: { json: allocation("a1", { ...running, ...more }) },
    [`GET /v1/node/${id("d0")}`]: { json: node("d0") },
  };
  return { agent, agents: { "http://10.0.0.5:4646": { [`GET /v1/client/allocation/${id("a1")}/stats`]: stats } } };
}

const head = `ID            = a1000000
Eval ID       = e0000000
Name          = shop.front[0]
Node ID       = d0000000
Job ID        = shop
Client Status = running
`;

const helper = `
\x1b[1mTask "helper" is "dead"\x1b[0m\x1b[0m
Task Resources
CPU     Memory  Disk     IOPS  Addresses
50 MHz  32 MiB  300 MiB  0     

Recent Events:
Time                   Type        Description
11/22/26 10:19:36 UTC  Terminated  Exit Code: 3
`;

const events = `
Recent Events:
Time                   Type      Description
11/22/26 10:19:37 UTC  Started   Task started by client
11/22/26 10:19:36 UTC  Received  Task received by client
`;

const server = `
\x1b[1mTask "server" is "running"\x1b[0m\x1b[0m
Task Resources
CPU       Memory         Disk     IOPS  Addresses
7/50 MHz  18 MiB/32 MiB  300 MiB  0     http: 10.0.0.5:20001
                                        admin: 10.0.0.5:9999
`;

test("an allocation is shown with its tasks, what they use, and their newest events first", async () => {
  assert.partialDeepStrictEqual(await ran(`alloc-status ${id("a1")}`, agents()), {
    code: 0,
    out: head + helper + server + events,
    err: "",
  });
});

test("who made room for an allocation, and for whom it made room, is told where there is somebody", async () => {
  const more = { PreemptedAllocations: [id("b1"), id("c1")], PreemptedByAllocation: id("d1") };
  const { out } = await ran("alloc-status a1", agents(more));
  assert.ok(out.startsWith(`${head}Preempted By  = d1000000\nPreempted     = b1000000, c1000000\n`), out);
  const json = async (fields: object) =>
    Object.keys(JSON.parse((await ran("alloc-status -json a1", agents(fields))).out));
  assert.deepEqual(
    (await json(more)).filter((name) => name.startsWith("Preempted")),
    ["PreemptedAllocations", "PreemptedByAllocation"],
  );
  assert.deepEqual(
    (await json({})).filter((name) => name.startsWith("Preempted")),
    [],
  );
});

test("-stats tells what the driver measures, in the order of the names", async () => {
  const { out } = await ran("alloc-status -stats a1", agents());
  const stats = `
Memory Stats
RSS     Swap
18 MiB  0 B

CPU Stats
Percent  System Mode  User Mode
1.26%    0.00%        1.00%
`;
  assert.equal(out, head + helper + server + stats + events);
});

test("-short shows the latest event of each task", async () => {
  const { out } = await ran("alloc-status -short -no-color a1", agents());
  assert.equal(
    out,
    `${head}
Tasks
Name    State    Last Event  Time
helper  dead     Terminated  11/22/26 10:19:36 UTC
server  running  Started     11/22/26 10:19:37 UTC
`,
  );
});

test("-verbose shows whole IDs, how it was placed, and the scores", async () => {
  const { out } = await ran("alloc-status -verbose -no-color a1", agents());
  assert.ok(out.startsWith(`ID              = ${id("a1")}\nEval ID         = ${id("e0")}\n`));
  assert.ok(
    out.includes(
      "\nEvaluated Nodes = 1\nFiltered Nodes  = 0\nExhausted Nodes = 0\nAllocation Time = 13.673µs\nFailures        = 0\n\n",
    ),
  );
  assert.ok(out.endsWith('\n\nPlacement Metrics\n  * Score "d0.binpack" = 0.250000\n'));
});

test("a client that does not tell what is used is no reason to show nothing", async () => {
  const { code, out, err } = await ran("alloc-status a1", agents({}, { error: systemError("ECONNREFUSED") }));
  assert.equal(code, 0);
  assert.match(
    err,
    /^couldn't retrieve stats \(HINT: ensure Client.Advertise.HTTP is set\): Get "http:\/\/10\.0\.0\.5:/,
  );
  assert.match(out, /\n50 MHz {2}32 MiB {2}300 MiB {2}0 {5}http: 10\.0\.0\.5:20001\n/);
  const gone = await ran("alloc-status a1", {
    agent: { ...agents().agent, [`GET /v1/node/${id("d0")}`]: { status: 404, text: "node not found" } },
  });
  assert.equal(gone.code, 0);
  assert.match(gone.err, /: Error querying node: Unexpected response code: 404 \(node not found\)\n$/);
});

test("of an allocation that has ended no client is asked", async () => {
  const { asked, err } = await ran("alloc-status a1", agents({ ClientStatus: "complete" }));
  assert.equal(err, "");
  assert.ok(asked.every(({ target }) => target.startsWith("http://127.0.0.1:4646/v1/alloc")));
});

test("-json and -t show the data", async () => {
  const { out } = await ran("alloc-status -json a1", agents());
  assert.match(out, new RegExp(`^\\{\\n {4}"ID": "${id("a1")}",\\n {4}"EvalID": `));
  assert.match(out, /\n {4}"Services": null,\n {4}"Metrics": \{\n/);
  assert.equal(
    (await ran(["alloc-status", "-t", "{{.Name}} {{.ClientStatus}}", "a1"], agents())).out,
    "shop.front[0] running\n",
  );
  const list = await ran(["alloc-status", "-t", "{{range .}}{{.ID}};{{end}}"], agents());
  assert.equal(list.out, `${id("a1")};\n`);
  const none = await ran("alloc-status -json", { agent: { "GET /v1/allocations": { json: [] } } });
  assert.deepEqual([none.code, none.out], [0, ""]);
});

test("both formats at once, and a template that asks for what is not there, are refused", async () => {
  const both = await ran("alloc-status -json -t x a1", agents());
  assert.deepEqual([both.code, both.err], [1, "Both -json and -t are not allowed\n"]);
  const { code, err } = await ran("alloc-status -t {{.Foo}} a1", agents());
  assert.equal(code, 1);
  assert.match(
    err,
    /^Error formatting the data: template: format:1:2: .*can't evaluate field Foo in type \*api\.Allocation\n$/,
  );
});

test("an ID is looked up by an even number of its first digits", async () => {
  const target = async (given: string) => (await ran(`alloc-status ${given}`, agents())).asked[0]?.target;
  assert.equal(await target("a10"), "http://127.0.0.1:4646/v1/allocations?prefix=a1");
  assert.equal(await target(id("a1")), `http://127.0.0.1:4646/v1/allocations?prefix=${id("a1")}`);
  const short = await ran("alloc-status a", agents());
  assert.deepEqual([short.code, short.err], [1, "Identifier must contain at least two characters.\n"]);
});

test("none and several matches are told", async () => {
  const none = await ran("alloc-status ff", { agent: { "GET /v1/allocations": { json: [] } } });
  assert.deepEqual([none.code, none.err], [1, 'No allocation(s) with prefix or id "ff" found\n']);
  const json = [allocation("a1"), allocation("a2", { ClientStatus: "failed" })];
  const { code, out } = await ran("alloc-status a0", { agent: { "GET /v1/allocations": { json } } });
  assert.equal(code, 0);
  assert.equal(
    out,
    `Prefix matched multiple allocations

ID        Eval ID   Job ID  Task Group  Desired Status  Client Status
a1000000  e0000000  shop    front       run             running
a2000000  e0000000  shop    front       run             failed
`,
  );
});
