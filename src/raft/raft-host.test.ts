import assert from "node:assert/strict";
import { test } from "node:test";
import { type Duration, milliseconds, seconds } from "../base/index.ts";
import { settled } from "../runtime/index.ts";
import { LeadershipLost, MembersNotChanged, NotLeader, RaftOverloaded, RaftStopped } from "./errors.ts";
import { addressOf, bytes, HeldLogStore, HostHarness, neverReplaced, type TestHost, voter } from "./host-harness.ts";
import { MemoryLogStore } from "./memory-log-store.ts";
import type { Command } from "./state-machine.ts";

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

test("a leader alone asks for no wake: an idle server sleeps", async () => {
  const harness = new HostHarness();
  await harness.open("a", ["a"]);
  await harness.clock.advance(soon);
  assert.equal(harness.clock.waiting, 0);
});

test("on a fresh server the configuration is entry 1, the leader's barrier 2 and the first command 3", async () => {
  const harness = new HostHarness();
  const { host, applied } = await harness.open("a", ["a"]);
  await harness.clock.advance(soon);

  assert.equal(await host.barrier(), 2);
  assert.deepEqual(await host.propose(bytes("job")), { index: 3, result: "result of job" });
  assert.deepEqual(textsOf(applied), ["3/1 job"]);
});

test("the figures are those that agent-info shows", async () => {
  const harness = new HostHarness();
  const { host } = await harness.open("a", ["a"]);
  await harness.clock.advance(soon);
  await host.barrier();
  assert.deepEqual(host.stats(), {
    applied_index: 2,
    commit_index: 2,
    fsm_pending: 0,
    last_contact: undefined,
    last_log_index: 2,
    last_log_term: 1,
    last_snapshot_index: 0,
    last_snapshot_term: 0,
    num_peers: 0,
    state: "Leader",
    term: 1,
  });
});

test("a proposal before there is a leader is refused, and nothing is logged", async () => {
  const harness = new HostHarness();
  const { host } = await harness.open("a", ["a"]);
  await assert.rejects(host.propose(bytes("x")), (error: unknown) => {
    return error instanceof NotLeader && error.leader === undefined;
  });
  assert.equal(host.stats().last_log_index, 0);
});

/** A leader alone whose disk syncs when the test says so; what its election wrote is written. */
async function aloneOnHeldDisk() {
  const harness = new HostHarness();
  const store = new HeldLogStore();
  const { host } = await harness.open("a", ["a"], { parts: { store } });
  await harness.clock.advance(soon);
  await store.sync();
  await store.sync();
  store.writes.length = 0;
  return { harness, store, host };
}

test("what comes during a sync is one batch, however many they are", async () => {
  const { store, host } = await aloneOnHeldDisk();

  const results = ["u"].map((text) => host.propose(bytes(text)));
  await settled();
  results.push(host.propose(bytes("w")));
  await settled();
  results.push(host.propose(bytes("x")));
  await settled();
  await store.sync();
  await store.sync();

  assert.deepEqual(
    store.writes.map((batches) => batches.map(({ entries }) => entries.length)),
    [[1], [2]],
  );
  assert.deepEqual(
    (await Promise.all(results)).map(({ index }) => index),
    [2, 3, 4],
  );
});

test("where many come together, a batch waits four milliseconds for more; whoever comes alone does not wait", async () => {
  const { harness, store, host } = await aloneOnHeldDisk();
  const propose = async (...texts: string[]) => {
    const answers = texts.map((text) => host.propose(bytes(text)));
    await settled();
    return answers;
  };
  const written = () => store.writes.flat().map(({ entries }) => entries.length);

  await propose("u", "v", "w");
  await store.sync();
  await propose("x");
  assert.deepEqual(written(), [3]);
  await harness.clock.advance(milliseconds(2));
  await propose("y");
  assert.deepEqual(written(), [3]);
  await harness.clock.advance(milliseconds(2));
  await settled();
  assert.deepEqual(written(), [3, 2]);
  await store.sync();
  await propose("z");
  assert.deepEqual(written(), [3, 2, 1]);
});

test("a proposal with patience shares the write of one that comes meanwhile, and else goes out when that is over", async () => {
  const { harness, store, host } = await aloneOnHeldDisk();
  const written = () => store.writes.flat().map(({ entries }) => entries.length);
  const propose = async (text: string, patience?: Duration) => {
    void host.propose(bytes(text), patience);
    await settled();
  };

  await propose("patient", milliseconds(10));
  await harness.clock.advance(milliseconds(9));
  assert.deepEqual(written(), []);
  await propose("urgent");
  assert.deepEqual(written(), [2]);
  await propose("patient", milliseconds(10));
  await store.sync();
  assert.deepEqual(written(), [2], "also when it came during a write");
  await harness.clock.advance(milliseconds(10));
  assert.deepEqual(written(), [2, 1]);
});

test("nothing is applied or answered before its sync", async () => {
  const harness = new HostHarness();
  const store = new HeldLogStore();
  const { host, applied } = await harness.open("a", ["a"], { parts: { store } });
  await harness.clock.advance(soon);
  await store.sync();
  await store.sync();
  let isAnswered = false;
  const answer = host.propose(bytes("x")).then(() => {
    isAnswered = true;
  });
  await settled();
  assert.deepEqual([applied.length, isAnswered], [0, false]);
  await store.sync();
  await answer;
  assert.deepEqual([applied.length, isAnswered], [1, true]);
});

test("a restarted server applies its log again and goes on in a new term", async () => {
  const harness = new HostHarness();
  const store = new MemoryLogStore();
  const first = await harness.open("a", ["a"], { parts: { store } });
  await harness.clock.advance(soon);
  await first.host.propose(bytes("x"));
  await first.host.close();

  const second = await harness.open("a", ["a"], { parts: { store } });
  await harness.clock.advance(soon);
  await second.host.propose(bytes("y"));
  assert.deepEqual(textsOf(second.applied), ["2/1 x", "4/2 y"]);
  assert.equal(second.log.includes("[INFO] raft: Disabling EnableSingleNode (bootstrap)"), false);
});

test("a long log is applied in slices, with other work between them", async () => {
  const harness = new HostHarness();
  const store = new MemoryLogStore();
  const first = await harness.open("a", ["a"], { parts: { store } });
  await harness.clock.advance(soon);
  const written = Array.from({ length: 1000 }, (_, place) => first.host.propose(bytes(`${place}`)));
  await harness.clock.advance(soon);
  await Promise.all(written);
  await first.host.close();

  const second = await harness.open("a", ["a"], { parts: { store } });
  const seen: number[] = [];
  second.host.onRole(() => harness.clock.at(harness.clock.now(), () => seen.push(second.host.stats().fsm_pending)));
  await harness.clock.advance(soon);
  assert.equal(seen.at(-1)! > 0, true);
  assert.equal(second.applied.length, 1000);
  assert.equal(second.host.stats().fsm_pending, 0);
});

test("a state machine that throws stops the server, and says at which entry", async () => {
  const harness = new HostHarness();
  const applied: string[] = [];
  const stateMachine = {
    apply: ({ data }: Command) => {
      if (String(data) === "bad") throw new Error("no such table");
      applied.push(String(data));
    },
    ...neverReplaced,
  };
  const { host, fatal } = await harness.open("a", ["a"], { parts: { stateMachine } });
  const roles: string[] = [];
  host.onRole((role) => roles.push(role.kind));
  await harness.clock.advance(soon);
  const outcomes = await Promise.allSettled(["good", "bad", "never"].map((text) => host.propose(bytes(text))));

  assert.deepEqual(applied, ["good"]);
  assert.deepEqual(
    outcomes.map((outcome) => (outcome.status === "rejected" ? outcome.reason.constructor : "answered")),
    ["answered", RaftStopped, RaftStopped],
  );
  assert.deepEqual(
    fatal.map(({ message }) => message),
    ["Cannot apply entry 3 of the log: no such table"],
  );
  assert.equal((fatal[0]!.cause as Error).message, "no such table");
  assert.deepEqual(roles, ["candidate", "leader", "follower"]);
  assert.equal(host.stats().state, "Shutdown");
  await assert.rejects(host.propose(bytes("later")), RaftStopped);
  await host.close();
});

test("a write that fails stops the server before anything that relied on it is sent or applied", async () => {
  const harness = new HostHarness();
  const store = new HeldLogStore();
  const { host, applied, fatal } = await harness.open("a", ["a"], { parts: { store } });
  await harness.clock.advance(soon);
  await store.sync();
  await store.sync();
  const proposal = host.propose(bytes("x"));
  const rejected = assert.rejects(proposal, RaftStopped);
  await settled();
  await store.failSync(new Error("no space left on device"));
  await rejected;
  assert.deepEqual(
    fatal.map(({ message }) => message),
    ["Cannot write the log: no space left on device"],
  );
  assert.deepEqual(applied, []);
});

test("a listener that throws stops the server: nothing is swallowed", async () => {
  const harness = new HostHarness();
  const { host, fatal } = await harness.open("a", ["a"]);
  host.onRole((role) => {
    if (role.kind === "leader") throw new Error("no room to lead");
  });
  await harness.clock.advance(soon);
  assert.deepEqual(
    fatal.map(({ message }) => message),
    ["Cannot go on with Raft: no room to lead"],
  );
});

test("a server that is closed while it applies an entry applies no other", async () => {
  const harness = new HostHarness();
  const applied: string[] = [];
  const stateMachine = {
    apply({ data }: Command) {
      applied.push(String(data));
      void host.close();
    },
    ...neverReplaced,
  };
  const { host } = await harness.open("a", ["a"], { parts: { stateMachine } });
  await harness.clock.advance(soon);
  await Promise.allSettled(["u", "v"].map((text) => host.propose(bytes(text))));
  assert.deepEqual(applied, ["u"]);
});

test("a log that cannot be read is an error of opening, not an empty log", async () => {
  const harness = new HostHarness();
  const store = new MemoryLogStore();
  store.load = () => Promise.reject(new Error("raft.db is damaged"));
  await assert.rejects(harness.open("a", ["a"], { parts: { store } }), /raft\.db is damaged/);
});

test("closing rejects what is open, asks for no more wakes and closes store and transport", async () => {
  const harness = new HostHarness();
  const store = new HeldLogStore();
  let isClosed = false;
  store.close = async () => {
    isClosed = true;
  };
  const { host, fatal } = await harness.open("a", ["a"], { parts: { store } });
  await harness.clock.advance(soon);
  await store.sync();
  await store.sync();
  const rejected = assert.rejects(host.propose(bytes("x")), RaftStopped);
  await settled();
  const closed = host.close();
  await rejected;
  await store.sync();
  await closed;
  assert.equal(isClosed, true);
  assert.equal(harness.clock.waiting, 0);
  assert.deepEqual(host.role, { kind: "follower" });
  assert.deepEqual(fatal, []);
  assert.equal(host.close(), host.close());
});

test("the number of open proposals is bounded", async () => {
  const harness = new HostHarness();
  const { host } = await harness.open("a", ["a"]);
  await harness.clock.advance(soon);
  const open = Array.from({ length: 16_384 }, () => host.propose(bytes("x")));
  await assert.rejects(host.propose(bytes("one too many")), RaftOverloaded);
  await harness.clock.advance(soon);
  assert.equal((await Promise.all(open)).length, 16_384);
  const again = host.propose(bytes("room again"));
  await harness.clock.advance(milliseconds(4));
  await again;
});

test("three servers have one leader, and a follower names its address to whoever asks it to write", async () => {
  const harness = new HostHarness();
  const { leader, followers, all } = await harness.openThree();
  await assert.rejects(followers[0]!.host.propose(bytes("x")), { name: "NotLeader", leader: addressOf(leader.id) });
  const { index } = await leader.host.propose(bytes("x"));
  await harness.clock.advance(milliseconds(200));
  for (const { applied } of all) assert.deepEqual(textsOf(applied), [`${index}/1 x`]);
  const stats = followers[0]!.host.stats();
  assert.equal(stats.num_peers, 2);
  assert.equal(stats.state, "Follower");
  assert.equal(stats.last_contact! <= milliseconds(100), true);
});

test("a leader measures when it last heard its peers, what it sends them, and how long until they have it", async () => {
  const harness = new HostHarness();
  const { leader, followers } = await harness.openThree();
  const [near, away] = followers as [TestHost, TestHost];
  const figures = (what: string, { id }: TestHost) =>
    leader.measured.get(`raft.replication.appendEntries.${what}.${addressOf(id)}`) ?? [];
  const rounds = figures("rpc", near).length;
  harness.cutOff(away.id);
  const sent = figures("logs", away).length;
  await leader.host.propose(bytes("x"));
  await harness.clock.advance(milliseconds(300));
  assert.deepEqual([figures("rpc", near).length - rounds, figures("rpc", away).length - rounds], [1, 0]);
  assert.deepEqual(figures("logs", away).slice(sent), [1]);
  const contacts = leader.measured.get("raft.leader.lastContact") ?? [];
  assert.ok(Math.max(...contacts) >= 200, `the one who is away was heard long ago: ${contacts}`);
  for (const { measured } of followers) assert.equal(measured.has("raft.leader.lastContact"), false);
});

test("servers measure how an election, heartbeats and appends go, on both sides", async () => {
  const harness = new HostHarness();
  const { leader, followers } = await harness.openThree();
  await leader.host.propose(bytes("x"));
  await harness.clock.advance(seconds(1));
  const count = ({ measured }: TestHost, name: string) => measured.get(`raft.${name}`)?.length ?? 0;
  assert.equal(count(leader, "candidate.electSelf"), 1);
  for (const follower of followers) {
    assert.ok(count(leader, `replication.heartbeat.${addressOf(follower.id)}`) >= 5);
    assert.ok(count(follower, "rpc.requestVote") >= 1);
    assert.ok(count(follower, "rpc.processHeartbeat") >= 5);
    assert.ok(count(follower, "rpc.appendEntries") >= 1);
    assert.ok(count(follower, "rpc.appendEntries.storeLogs") >= 1);
    assert.ok(count(follower, "rpc.appendEntries.processLogs") >= 1);
    assert.equal(count(follower, "candidate.electSelf") + count(follower, "leader.dispatchLog"), 0);
  }
  for (const name of ["requestVote", "processHeartbeat", "appendEntries", "appendEntries.storeLogs"]) {
    assert.equal(count(leader, `rpc.${name}`), 0, `nobody asks a leader: ${name}`);
  }
});

test("a leader that loses its quorum gives up what it could not commit, and follows the next", async () => {
  const harness = new HostHarness();
  const { leader, followers } = await harness.openThree();
  harness.cutOff(leader.id);
  const lost = assert.rejects(leader.host.propose(bytes("lost")), LeadershipLost);
  await harness.clock.advance(seconds(3));
  await lost;
  assert.equal(leader.log.includes("[WARN] raft: Failed to contact quorum of nodes, stepping down"), true);
  const next = followers.find(({ host }) => host.role.kind === "leader")!;
  await next.host.propose(bytes("kept"));
  harness.reconnect(leader.id);
  await harness.clock.advance(seconds(1));
  assert.equal(leader.host.leader, addressOf(next.id));
  assert.deepEqual(
    leader.applied.map(({ data }) => String(data)),
    ["kept"],
  );
});

test("a server that joins is brought up to date and votes; two at once may not", async () => {
  const harness = new HostHarness();
  const { leader } = await harness.openThree();
  await leader.host.propose(bytes("x"));
  const fourth = await harness.open("d", ["a", "b", "c"], { options: { bootstrap: [] } });
  const joined = [...leader.host.members, voter("d")];
  await assert.rejects(leader.host.changeMembers([...joined, voter("e")]), MembersNotChanged);
  await leader.host.changeMembers(joined);
  await harness.clock.advance(milliseconds(200));
  assert.deepEqual(fourth.host.members, joined);
  assert.equal(fourth.host.leader, leader.host.leader);
  assert.equal(fourth.applied.length, 1);
});

test("leadership can be handed over", async () => {
  const harness = new HostHarness();
  const { leader, followers } = await harness.openThree();
  const [successor] = followers;
  assert.throws(() => successor!.host.transferLeadership(leader.id), NotLeader);
  leader.host.transferLeadership(successor!.id);
  await settled();
  assert.equal(successor!.host.role.kind, "leader");
  assert.equal(leader.host.leader, addressOf(successor!.id));
});

function textsOf(applied: readonly Command[]): readonly string[] {
  return applied.map(({ index, term, data }) => `${index}/${term} ${data}`);
}
