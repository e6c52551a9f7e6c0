import assert from "node:assert/strict";
import { test } from "node:test";
import { ran } from "../testing/console.ts";

const member = (name: string, region: string, more: object = {}) => ({
  Name: `${name}.${region}`,
  Addr: "127.0.0.1",
  Port: 4648,
  Tags: { role: "nomad", region, dc: "dc1", build: "0.4.1", port: "4647" },
  Status: "alive",
  ProtocolCur: 2,
  ...more,
});

const members = [
  member("b", "global", { Addr: "10.0.0.2" }),
  member("a", "global"),
  member("c", "eu", { Addr: "::1" }),
];
const agent = {
  "GET /v1/agent/members": { json: members },
  "GET /v1/status/leader?region=global": { json: "127.0.0.1:4647" },
  "GET /v1/status/leader?region=eu": { json: "[::1]:4647" },
};

test("servers are listed by region and name, and the leader of each region is known", async () => {
  const { code, out } = await ran("server-members", { agent });
  assert.equal(code, 0);
  assert.equal(
    out,
    `Name      Address    Port  Status  Leader  Protocol  Build  Datacenter  Region
c.eu      ::1        4648  alive   true    2         0.4.1  dc1         eu
a.global  127.0.0.1  4648  alive   true    2         0.4.1  dc1         global
b.global  10.0.0.2   4648  alive   false   2         0.4.1  dc1         global
`,
  );
});

test("a newer agent's members are read as well", async () => {
  const json = { ServerName: "a", Members: [member("a", "global")] };
  const { out } = await ran("server-members", { agent: { ...agent, "GET /v1/agent/members": { json } } });
  assert.match(out, /\na\.global {2}127\.0\.0\.1 /);
});

test("-detailed shows the tags instead", async () => {
  const { out } = await ran("server-members -detailed", { agent });
  assert.match(out, /^Name {6}Address {4}Port {2}Tags\n/);
  assert.ok(out.includes("\na.global  127.0.0.1  4648  role=nomad,region=global,dc=dc1,build=0.4.1,port=4647\n"));
});

test("an agent without a server cannot tell", async () => {
  const { code, err } = await ran("server-members", {
    agent: { "GET /v1/agent/members": { status: 501, text: "Invalid method" } },
  });
  assert.deepEqual([code, err], [1, "Error querying servers: Unexpected response code: 501 (Invalid method)\n"]);
  const leaderless = { ...agent, "GET /v1/status/leader?region=eu": { status: 500, text: "No path to region" } };
  const lost = await ran("server-members", { agent: leaderless });
  assert.deepEqual(
    [lost.code, lost.err],
    [1, "Error determining leaders: Unexpected response code: 500 (No path to region)\n"],
  );
  assert.match(lost.out, /\nc\.eu {6}::1 {8}4648 {2}alive {3}false /, "and all servers are shown nevertheless");
  assert.match(lost.out, /\na\.global {2}127\.0\.0\.1 {2}4648 {2}alive {3}true /);
});

test("joining tells how many servers answered, or why none did", async () => {
  const join = (json: object) => ran("server-join one:1 two:2", { agent: { "PUT /v1/agent/join": { json } } });
  const joined = await join({ num_joined: 2, error: "" });
  assert.deepEqual([joined.code, joined.out], [0, "Joined 2 servers successfully\n"]);
  assert.match(joined.asked[0]!.target, /\/v1\/agent\/join\?address=one%3A1&address=two%3A2$/);
  const failed = await join({ num_joined: 0, error: "1 error(s) occurred:\n\n* Failed to join one: refused" });
  assert.equal(failed.code, 1);
  assert.equal(failed.err, "Error joining: failed joining: 1 error(s) occurred:\n\n* Failed to join one: refused\n");
});

test("a server is forced out in silence", async () => {
  const done = await ran("server-force-leave a.global", { agent: { "PUT /v1/agent/force-leave": { pieces: [] } } });
  assert.deepEqual([done.code, done.out, done.err], [0, "", ""]);
  assert.match(done.asked[0]!.target, /\?node=a\.global$/);
  const { err } = await ran("server-force-leave x", {
    agent: { "PUT /v1/agent/force-leave": { status: 500, text: "no" } },
  });
  assert.equal(err, "Error force-leaving server x: Unexpected response code: 500 (no)\n");
});

test("a client's servers are listed and added to", async () => {
  const servers = {
    "GET /v1/agent/servers": { json: ["one:4647", "two:4647"] },
    "PUT /v1/agent/servers": { pieces: [] },
  };
  assert.equal((await ran("client-config -servers", { agent: servers })).out, "one:4647\ntwo:4647\n");
  const update = await ran("client-config -update-servers -servers three:4647", { agent: servers });
  assert.deepEqual([update.code, update.out], [0, "Updated server list\n"]);
  for (const line of ["client-config", "client-config -update-servers"]) {
    assert.match((await ran(line, { agent: servers })).err, /^Usage: nomad client-config /);
  }
});
