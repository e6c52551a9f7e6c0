import assert from "node:assert/strict";
import { test } from "node:test";
import { type Replies, ran, systemError } from "../testing/console.ts";
import { allocation, id, node } from "../testing/samples.ts";

const gibibyte = 1024 ** 3;
const disk = (Mountpoint: string) => ({
  Device: "/dev/vda",
  Mountpoint,
  Size: 252 * gibibyte,
  Used: 33 * gibibyte,
  Available: 68 * gibibyte,
  UsedPercent: 13.1312,
  InodesUsedPercent: 3.57,
});
const host = {
  Memory: { Total: 24 * gibibyte, Available: 22 * gibibyte, Used: 2 * gibibyte, Free: 19 * gibibyte },
  CPU: [
    { CPU: "cpu0", User: 73.267, System: 26.73, Idle: 0 },
    { CPU: "cpu1", User: 60.4, System: 35.64, Idle: 1.98 },
  ],
  DiskStats: [disk("/"), disk("/srv")],
  Uptime: 5832,
  CPUTicksConsumed: 5146.9,
};
const granted = { CPU: 100, MemoryMB: 32, DiskMB: 600, IOPS: 0 };
const used = { ResourceUsage: { MemoryStats: { RSS: 36_700_160 }, CpuStats: { TotalTicks: 3.7 } } };

function cluster(more: Replies = {}, stats: Replies[string] = { json: host }) {
  const agent: Replies = {
    "GET /v1/nodes": { json: [node("d0")] },
    [`GET /v1/node/${id("d0")}`]: { json: node("d0") },
    [`GET /v1/node/${id("d0")}/allocations`]: {
      json: [
        allocation("a1", { Resources: granted }),
        allocation("a2", { Resources: granted, ClientStatus: "complete", DesiredStatus: "stop" }),
      ],
    },
    ...more,
  };
  const client: Replies = {
    "GET /v1/client/stats": stats,
    [`GET /v1/client/allocation/${id("a1")}/stats`]: { json: used },
  };
  return { agent, agents: { "http://10.0.0.5:4646": client } };
}

const head = `ID     = d0000000
Name   = vm
Class  = <none>
DC     = dc1
Drain  = false
Status = ready
`;
const resources = `Uptime = 1h37m12s

Allocated Resources
CPU           Memory         Disk            IOPS
100/5000 MHz  32 MiB/24 GiB  600 MiB/68 GiB  0/0

Allocation Resource Utilization
CPU         Memory
3/5200 MHz  35 MiB/24 GiB

Host Resource Utilization
CPU            Memory          Disk
5146/5200 MHz  2.0 GiB/24 GiB  33 GiB/252 GiB
`;
const allocations = `
Allocations
ID        Eval ID   Job ID  Task Group  Desired Status  Client Status
a1000000  e0000000  shop    front       run             running
a2000000  e0000000  shop    front       stop            complete
`;

test("nodes are listed, the newest first", async () => {
  const json = [
    node("d1", { CreateIndex: 1 }),
    node("d2", { CreateIndex: 9, NodeClass: "cli", Drain: true, Status: "down" }),
  ];
  const { code, out } = await ran("node-status", { agent: { "GET /v1/nodes": { json } } });
  assert.equal(code, 0);
  assert.equal(
    out,
    `ID        DC   Name  Class   Drain  Status
d2000000  dc1  vm    cli     true   down
d1000000  dc1  vm    <none>  false  ready
`,
  );
});

test("without nodes nothing is printed", async () => {
  for (const line of ["node-status", "node-status -json"]) {
    assert.partialDeepStrictEqual(await ran(line, { agent: { "GET /v1/nodes": { json: null } } }), {
      code: 0,
      out: "",
    });
  }
});

test("-allocs counts running allocations, -verbose shows whole IDs", async () => {
  const { out } = await ran("node-status -allocs -verbose", cluster());
  assert.match(out, /^ID {36}DC {3}Name {2}Class {3}Drain {2}Status {2}Running Allocs\n/);
  assert.ok(out.endsWith(`\n${id("d0")}  dc1  vm    <none>  false  ready   1\n`));
});

test("a node is shown with what is granted, what is used, and its allocations", async () => {
  assert.partialDeepStrictEqual(await ran("node-status -no-color d0", cluster()), {
    code: 0,
    out: head + resources + allocations,
    err: "",
  });
});

test("headings are bold", async () => {
  const { out } = await ran("node-status d0", cluster());
  assert.ok(out.includes("\n\x1b[1mHost Resource Utilization\x1b[0m\x1b[0m\n"));
});

test("-short leaves the resources out", async () => {
  assert.equal(
    (await ran("node-status -short -no-color d0", cluster())).out,
    `${head}Uptime = 1h37m12s\n${allocations}`,
  );
});

test("-stats tells of each core, of memory and of each mount", async () => {
  const { out } = await ran("node-status -stats -no-color d0", cluster());
  const details = `
CPU Stats
CPU    = cpu0
User   = 73.27%
System = 26.73%
Idle   = 0.00%

CPU    = cpu1
User   = 60.40%
System = 35.64%
Idle   = 1.98%

Memory Stats
Total     = 24 GiB
Available = 22 GiB
Used      = 2.0 GiB
Free      = 19 GiB

Disk Stats
Device         = /dev/vda
MountPoint     = /
Size           = 252 GiB
Used           = 33 GiB
Available      = 68 GiB
Used Percent   = 13.13%
Inodes Percent = 3.57%

Device         = /dev/vda
MountPoint     = /srv
Size           = 252 GiB
Used           = 33 GiB
Available      = 68 GiB
Used Percent   = 13.13%
Inodes Percent = 3.57%
`;
  assert.equal(out, head + resources + details + allocations);
});

test("-verbose shows the attributes, sorted", async () => {
  const { out } = await ran("node-status -verbose -no-color d0", cluster());
  assert.ok(out.endsWith("\n\nAttributes\narch                  = amd64\nunique.storage.volume = /dev/vda\n"));
});

test("a volume that is not measured is named", async () => {
  const { out } = await ran("node-status -no-color d0", cluster({}, { json: { ...host, DiskStats: [] } }));
  assert.match(out, /\n5146\/5200 MHz {2}2\.0 GiB\/24 GiB {2}\(\/dev\/vda\)\n/);
});

test("a client that does not answer is told twice, and the rest is shown", async () => {
  for (const stats of [{ error: systemError("ECONNREFUSED") }, { json: null }]) {
    const { code, out, err } = await ran("node-status -no-color d0", cluster({}, stats));
    assert.equal(code, 0);
    const [first, second, last] = err.split("\n");
    assert.match(first!, /^error fetching node stats \(HINT: ensure Client.Advertise.HTTP is set\): /);
    assert.equal(
      second,
      "error fetching node stats (HINT: ensure Client.Advertise.HTTP is set): actual resource usage not present",
    );
    assert.equal(last, "");
    assert.ok(out.startsWith(`\n${head}\nAllocated Resources\n`));
  }
});

test("-self is the node of the agent that is asked", async () => {
  const self = (client: object | undefined) => ({
    "GET /v1/agent/self": { json: { config: {}, member: {}, stats: { nomad: {}, client } } },
  });
  const { out } = await ran("node-status -self -short -no-color", cluster(self({ node_id: id("d0") })));
  assert.ok(out.startsWith(head));
  const { code, err } = await ran("node-status -self", cluster(self(undefined)));
  assert.deepEqual([code, err], [1, "Nomad not running in client mode\n"]);
});

test("-json and -t show the data", async () => {
  const names = ["ID", "Datacenter", "Name", "HTTPAddr", "Attributes", "Resources", "Reserved"];
  const { out } = await ran("node-status -json d0", cluster());
  assert.deepEqual(Object.keys(JSON.parse(out)).slice(0, names.length), names);
  assert.equal((await ran(["node-status", "-t", "{{range .}}{{.Name}}{{end}}"], cluster())).out, "vm\n");
  const { err } = await ran(["node-status", "-t", "{{.Foo}}"], cluster());
  assert.match(err, /at <\.Foo>: can't evaluate field Foo in type \[\]\*api\.NodeListStub\n$/);
});

test("none and several matches are told", async () => {
  const none = await ran("node-status 1234", { agent: { "GET /v1/nodes": { json: [] } } });
  assert.deepEqual([none.code, none.err], [1, 'No node(s) with prefix "1234" found\n']);
  const { code, out } = await ran("node-status d0", { agent: { "GET /v1/nodes": { json: [node("d1"), node("d2")] } } });
  assert.equal(code, 0);
  assert.match(out, /^Prefix matched multiple nodes\n\nID {8}DC {3}Name {2}Class {3}Drain {2}Status\nd1000000 /);
});
