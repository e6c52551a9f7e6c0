import assert from "node:assert/strict";
import { test } from "node:test";
import { getRaftConfiguration, removeRaftPeer, transferLeadership } from "../../api/index.ts";
import { testServer } from "../testing/test-server.ts";

const self = "127.0.0.1:4647";

test("a lone server is all that Raft counts", async () => {
  const server = await testServer();
  const { reply } = await server.ask(getRaftConfiguration, {});
  const [member] = server.membership.members();
  const only = { ID: self, Node: member!.Name, Address: self, Leader: true, Voter: true, RaftProtocol: "2" };
  assert.deepEqual(reply, { Servers: [only] });
  await server.close();
});

test("neither the last voter nor an unknown server can be removed", async () => {
  const server = await testServer();
  await assert.rejects(server.ask(removeRaftPeer, { ID: self, Address: "" }), {
    message: `"${self}" is the only server that votes: without it there is no cluster`,
    code: 400,
  });
  await assert.rejects(server.ask(removeRaftPeer, { ID: "", Address: "10.9.9.9:4647" }), {
    message: 'address "10.9.9.9:4647" was not found in the Raft configuration',
    code: 400,
  });
  assert.equal((await server.ask(getRaftConfiguration, {})).reply.Servers.length, 1);
  await server.close();
});

test("the leader need not be handed what it has, and an unknown server cannot lead", async () => {
  const server = await testServer();
  assert.equal((await server.ask(transferLeadership, { ID: "", Address: self })).reply.Noop, true);
  await assert.rejects(server.ask(transferLeadership, { ID: "x", Address: "" }), {
    message: 'id "x" was not found in the Raft configuration',
  });
  await server.close();
});
