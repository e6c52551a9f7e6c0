import assert from "node:assert/strict";
import { test } from "node:test";
import { milliseconds } from "../base/index.ts";
import { bytes, HostHarness } from "./host-harness.ts";

const soon = milliseconds(1);

test("a server alone goes from follower to candidate to leader without waiting, and says so as Nomad does", async () => {
  const harness = new HostHarness();
  const { host, log } = await harness.open("a", ["a"]);
  assert.deepEqual(host.role, { kind: "follower", leader: undefined });
  await harness.clock.advance(soon);

  assert.deepEqual(host.role, { kind: "leader", term: 1 });
  assert.equal(host.leader, "a.example:4647");
  assert.deepEqual(log, [
    '[INFO] raft: Node at a.example:4647 [Follower] entering Follower state (Leader: "")',
    '[WARN] raft: Heartbeat timeout from "" reached, starting election',
    "[INFO] raft: Node at a.example:4647 [Candidate] entering Candidate state",
    "[DEBUG] raft: Votes needed: 1",
    "[DEBUG] raft: Vote granted from a.example:4647. Tally: 1",
    "[INFO] raft: Election won. Tally: 1",
    "[INFO] raft: Node at a.example:4647 [Leader] entering Leader state",
    "[INFO] raft: Disabling EnableSingleNode (bootstrap)",
    "[DEBUG] raft: Node a.example:4647 updated peer set (2): [a.example:4647]",
  ]);
});

test("on a fresh server the configuration is entry 1, the leader's barrier 2 and the first command 3", async () => {
  const harness = new HostHarness();
  const { host, applied } = await harness.open("a", ["a"]);
  await harness.clock.advance(soon);

  assert.equal(await host.barrier(), 2);
  assert.deepEqual(await host.propose(bytes("job")), { index: 3, result: "result of job" });
  assert.deepEqual(
    applied.map(({ index, term, data }) => [index, term, String(data)]),
    [[3, 1, "job"]],
  );
});
