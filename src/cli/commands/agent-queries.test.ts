import assert from "node:assert/strict";
import { test } from "node:test";
import { ran } from "../testing/console.ts";

const self = (stats: object) => ({ "GET /v1/agent/self": { json: { config: {}, member: {}, stats } } });
const server = { nomad: { server: "true", leader: "true" }, raft: { num_peers: "2" } };
const client = { client: { last_heartbeat: "1.5s", heartbeat_ttl: "10s", known_servers: "1" } };

test("agent-info prints sections and names in order", async () => {
  const { code, out } = await ran("agent-info", {
    agent: self({ raft: { term: "1", applied_index: "5" }, client: { a: "b" } }),
  });
  assert.deepEqual([code, out], [0, "client\n  a = b\nraft\n  applied_index = 5\n  term = 1\n"]);
});

test("agent-info and server-members print data too", async () => {
  const agent = self({ raft: { term: "1" } });
  assert.equal((await ran(["agent-info", "-t", "{{.Stats.raft.term}}"], { agent })).out, "1\n");
  assert.equal(JSON.parse((await ran("agent-info -json", { agent })).out).stats.raft.term, "1");
  const members = { "GET /v1/agent/members": { json: [{ Name: "a.global", Tags: { port: "4647" } }] } };
  const named = await ran(["server", "members", "-t", "{{range .}}{{.Name}} {{.Tags.port}}{{end}}"], {
    agent: members,
  });
  assert.equal(named.out, "a.global 4647\n");
  assert.equal(JSON.parse((await ran("server-members -json", { agent: members })).out)[0].Name, "a.global");
});

test("agent-info tells why it knows nothing", async () => {
  const { code, err } = await ran("agent-info", { agent: { "GET /v1/agent/self": { status: 500, text: "no" } } });
  const reason = "Unexpected response code: 500 (no)";
  assert.deepEqual([code, err], [1, `Error querying agent info: failed querying self endpoint: ${reason}\n`]);
});

test("check is silent about a healthy agent", async () => {
  for (const stats of [server, client, { ...server, ...client }]) {
    assert.partialDeepStrictEqual(await ran("check", { agent: self(stats) }), { code: 0, out: "", err: "" });
  }
});

test("check finds too few peers, too few servers, and a heart that stopped", async () => {
  const said = async (line: string, stats: object) => {
    const { code, out } = await ran(line, { agent: self(stats) });
    return [code, out];
  };
  assert.deepEqual(await said("check -min-peers 3", server), [
    2,
    "known peers: 2, is less than expected number of peers: 3\n",
  ]);
  assert.deepEqual(await said("check -min-servers 2", client), [
    2,
    "known servers: 1, is less than expected number of servers: 2\n",
  ]);
  const late = { client: { ...client.client, last_heartbeat: "1m0s" } };
  assert.deepEqual(await said("check", late), [
    2,
    'last heartbeat was "1m0s" time ago, expected heartbeat ttl: "10s"\n',
  ]);
  const never = { client: { ...client.client, last_heartbeat: "never" } };
  assert.deepEqual(await said("check", never), [0, ""]);
});

test("check doubts an agent that is nothing, and one that does not answer is critical", async () => {
  assert.equal((await ran("check", { agent: self({ runtime: {} }) })).code, 1);
  const { code, out } = await ran("check -address=http://nowhere:1");
  assert.equal(code, 2);
  assert.match(out, /^unable to query agent info: failed querying self endpoint: Get "http:\/\/nowhere:1\//);
});
