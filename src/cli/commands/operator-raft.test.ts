import assert from "node:assert/strict";
import { test } from "node:test";
import { ran } from "../testing/console.ts";

const server = (host: string, more: object = {}) => ({
  ID: `${host}:4647`,
  Node: `${host}.global`,
  Address: `${host}:4647`,
  Leader: false,
  Voter: true,
  RaftProtocol: "2",
  ...more,
});

test("the servers that Raft counts are listed in the columns of 1.x", async () => {
  const json = { Index: 0, Servers: [server("10.0.0.1", { Leader: true }), server("10.0.0.2", { Voter: false })] };
  const { code, out } = await ran("operator raft list-peers", {
    agent: { "GET /v1/operator/raft/configuration": { json } },
  });
  assert.equal(code, 0);
  assert.equal(
    out,
    `Node             ID             Address        State     Voter  RaftProtocol
10.0.0.1.global  10.0.0.1:4647  10.0.0.1:4647  leader    true   2
10.0.0.2.global  10.0.0.2:4647  10.0.0.2:4647  follower  false  2
`,
  );
});

test("-stale asks any server", async () => {
  const agent = { "GET /v1/operator/raft/configuration?stale=": { json: { Index: 0, Servers: [] } } };
  assert.equal((await ran("operator raft list-peers -stale", { agent })).code, 0);
  const { code, err } = await ran("operator raft list-peers", {
    agent: { "GET /v1/operator/raft/configuration": { status: 500, text: "No cluster leader" } },
  });
  const text = "Failed to retrieve raft configuration: Unexpected response code: 500 (No cluster leader)\n";
  assert.deepEqual([code, err], [1, text]);
});

test("a peer is removed by its id or by its address", async () => {
  const agent = { "DELETE /v1/operator/raft/peer": { status: 200, text: "" } };
  const byAddress = await ran("operator raft remove-peer -peer-address=10.0.0.2:4647", { agent });
  assert.deepEqual([byAddress.code, byAddress.out], [0, 'Removed peer with address "10.0.0.2:4647"\n']);
  assert.match(byAddress.asked[0]!.target, /\/v1\/operator\/raft\/peer\?address=10\.0\.0\.2%3A4647$/);
  const byID = await ran("operator raft remove-peer -peer-id=x", { agent });
  assert.deepEqual([byID.code, byID.out], [0, 'Removed peer with id "x"\n']);
});

test("leadership is transferred, and it is said where there was nothing to do", async () => {
  const answer = (Noop: boolean) => ({
    agent: { "PUT /v1/operator/raft/transfer-leadership": { json: { From: null, To: null, Noop, Err: null } } },
  });
  const line = "operator raft transfer-leadership -peer-id=x";
  assert.equal((await ran(line, answer(false))).out, 'Transferred leadership to peer with id "x"\n');
  assert.equal((await ran(line, answer(true))).out, 'The peer with id "x" leads already\n');
});

test("a server must be named, in one way", async () => {
  for (const command of ["remove-peer", "transfer-leadership"]) {
    const none = await ran(`operator raft ${command}`);
    assert.deepEqual([none.code, none.asked.length], [1, 0]);
    assert.equal(none.err, "Name the server, by -peer-id or by -peer-address\n");
    const both = await ran(`operator raft ${command} -peer-id=x -peer-address=y`);
    assert.equal(both.err, "Name the server by -peer-id or by -peer-address, not by both\n");
  }
});

test("the groups show their subcommands: asked for help they succeed, without a known subcommand they fail", async () => {
  for (const group of ["operator", "operator raft"]) {
    const asked = await ran(`${group} -help`);
    assert.equal(asked.code, 0);
    assert.match(
      asked.out,
      new RegExp(`^Usage: nomad ${group} <subcommand> \\[options\\]\n\n[^]*\n\nSubcommands:\n {4}`),
    );
    for (const line of [group, `${group} no-such`, `${group} constructor`]) {
      assert.partialDeepStrictEqual(await ran(line), { code: 1, out: "", err: asked.out });
    }
  }
});

test("-h shows a subcommand's help and succeeds, as with 1.x", async () => {
  for (const name of ["list-peers", "remove-peer", "transfer-leadership"]) {
    const { code, out, err } = await ran(`operator raft ${name} -h`);
    assert.deepEqual([code, err], [0, ""]);
    assert.match(out, new RegExp(`^Usage: nomad operator raft ${name} `));
    for (const line of out.split("\n")) assert.ok(line.length <= 100, line);
  }
});
