import assert from "node:assert/strict";
import { test } from "node:test";
import { milliseconds, seconds } from "../../base/index.ts";
import { CoreCluster, diskWith } from "./core-cluster.ts";
import { isUpToDate, Tally } from "./election.ts";
import { LogTail } from "./log-tail.ts";

test("a server is elected by trial, then by votes that are on disk, and its term begins with the configuration", () => {
  const cluster = new CoreCluster(["a", "b", "c"]);
  cluster.campaign("a");
  assert.deepEqual(cluster.takeTranscript(), [
    "a: no heartbeat from anyone",
    "a: candidate",
    "a → b trial vote in 1? log ends 0/0",
    "a → c trial vote in 1? log ends 0/0",
    "b → a trial vote in 1: yes",
    "a: 2 votes needed",
    "a: vote 1 from a",
    "c → a trial vote in 1: yes",
    "a → b real vote in 1? log ends 0/0",
    "a → c real vote in 1? log ends 0/0",
    "b → a real vote in 1: yes",
    "a: vote 2 from b",
    "a: won with 2",
    "a: leader",
    "a: bootstrapped",
    "a: members a b c",
    "c → a real vote in 1: yes",
    "a → b append in 1: after 0/0 [1/1 members] commit 0",
    "b: members a b c",
    "a → c append in 1: after 0/0 [1/1 members] commit 0",
    "c: members a b c",
    "b → a appended in 1: 1",
    "c → a appended in 1: 1",
    "a → b append in 1: after 1/1 [] commit 1",
    "a → c append in 1: after 1/1 [] commit 1",
    "b → a appended in 1: 1",
    "c → a appended in 1: 1",
  ]);
});

test("the only voter goes through the same states, and asks nobody and for no time", () => {
  const cluster = new CoreCluster(["a"]);
  assert.equal(cluster.at("a").core.wakeAt(), cluster.now);
  cluster.elapse(milliseconds(0));
  assert.deepEqual(cluster.takeTranscript(), [
    "a: no heartbeat from anyone",
    "a: candidate",
    "a: 1 votes needed",
    "a: vote 1 from a",
    "a: won with 1",
    "a: leader",
    "a: bootstrapped",
    "a: members a",
  ]);
  assert.equal(cluster.at("a").core.commitIndex, 1);
  assert.equal(cluster.at("a").core.wakeAt(), undefined);
});

test("five servers without a leader have exactly one within three seconds, whatever chance decides", () => {
  for (let seed = 0; seed < 50; seed++) {
    const cluster = new CoreCluster(["a", "b", "c", "d", "e"], { seed: `${seed}` });
    cluster.elapse(seconds(3));
    const leaders = cluster.up.filter(({ core }) => core.role.kind === "leader");
    assert.equal(leaders.length, 1, `seed ${seed}`);
    for (const { core } of cluster.up) assert.equal(core.term, leaders[0]?.core.term, `seed ${seed}`);
  }
});

test("a server with a quorum of others down never leads, and its term does not rise", () => {
  const cluster = new CoreCluster(["a", "b", "c"]);
  cluster.crash("b");
  cluster.crash("c");
  cluster.elapse(seconds(20));
  assert.deepEqual(cluster.role("a"), { kind: "candidate" });
  assert.equal(cluster.at("a").core.term, 0);
});

test("a server votes once a term, and remembers its vote after a crash", () => {
  const cluster = new CoreCluster(["a", "b", "c"]);
  askForVote(cluster, "a", "c");
  cluster.sync("c");
  cluster.crash("c");
  cluster.restart("c");
  askForVote(cluster, "b", "c");
  askForVote(cluster, "a", "c");
  cluster.sync("c");
  assert.deepEqual(votesUnderWay(cluster), ["yes to a", "no to b", "yes to a"]);
});

test("a vote that was lost before its sync was never given", () => {
  const cluster = new CoreCluster(["a", "b", "c"]);
  askForVote(cluster, "a", "c");
  assert.deepEqual(cluster.inTransit, []);
  cluster.crash("c");
  cluster.restart("c");
  askForVote(cluster, "b", "c");
  cluster.sync("c");
  assert.deepEqual(votesUnderWay(cluster), ["yes to b"]);
});

test("a candidate whose log lacks what a voter has is refused (§5.4.1)", () => {
  const log = new LogTail(diskWith([1, 1, 2]).entries);
  assert.equal(isUpToDate({ lastIndex: 3, lastTerm: 2 }, log), true);
  assert.equal(isUpToDate({ lastIndex: 1, lastTerm: 3 }, log), true);
  assert.equal(isUpToDate({ lastIndex: 2, lastTerm: 2 }, log), false);
  assert.equal(isUpToDate({ lastIndex: 9, lastTerm: 1 }, log), false);
});

test("only voters count in a tally, each once", () => {
  const tally = new Tally(["a", "b", "c", "d"]);
  assert.equal(tally.needed, 3);
  assert.deepEqual(
    ["a", "a", "x", "b"].map((id) => tally.grant(id)),
    [true, false, false, true],
  );
  assert.equal(tally.isWon, false);
  tally.grant("c");
  assert.equal(tally.isWon, true);
});

test("candidates that split the vote try again after different times, and one wins", () => {
  const cluster = new CoreCluster(["a", "b", "c", "d"]);
  for (const id of ["a", "b"])
    cluster.step(id, { kind: "received", from: "c", message: { kind: "campaignNow", term: 0 } });
  for (const id of ["a", "b"]) cluster.sync(id);
  const askedFirst = ["a to c", "b to d"];
  cluster.inTransit.sort(
    (x, y) => askedFirst.indexOf(`${y.from} to ${y.to}`) - askedFirst.indexOf(`${x.from} to ${x.to}`),
  );
  cluster.settle();
  for (const id of ["a", "b"]) assert.deepEqual(cluster.role(id), { kind: "candidate" });
  cluster.elapse(seconds(3));
  assert.notEqual(cluster.leader, undefined);
});

test("a candidate follows the leader that was elected in its term", () => {
  const cluster = new CoreCluster(["a", "b", "c"]);
  cluster.campaign("a");
  cluster.crash("a");
  cluster.elapse(seconds(1));
  cluster.takeTranscript();
  assert.notEqual(cluster.leader, undefined);
  const leader = cluster.leader === "b" ? "b" : "c";
  const other = leader === "b" ? "c" : "b";
  assert.deepEqual(cluster.role(other), { kind: "follower", leader });
});

test("a leader that hears of a higher term stands down at once", () => {
  const cluster = new CoreCluster(["a", "b", "c"]);
  cluster.campaign("a");
  cluster.step("a", {
    kind: "received",
    from: "b",
    message: { kind: "appendRefused", term: 7, previousIndex: 1, hintIndex: 1, hintTerm: 1 },
  });
  assert.deepEqual(cluster.role("a"), { kind: "follower", leader: undefined });
  assert.equal(cluster.at("a").core.term, 7);
});

test("a leader cut off from its quorum steps down within the lease, before the others elect another", () => {
  const cluster = new CoreCluster(["a", "b", "c"]);
  cluster.campaign("a");
  cluster.takeTranscript();
  cluster.elapse(milliseconds(499), { without: ["a"] });
  assert.equal(cluster.role("a").kind, "leader");
  cluster.elapse(milliseconds(1), { without: ["a"] });
  assert.equal(cluster.role("a").kind, "follower");
  assert.equal(cluster.takeTranscript().includes("a: quorum lost"), true);
});

test("a server that was cut off comes back without an election: nobody lets it disturb the leader they hear", () => {
  const cluster = new CoreCluster(["a", "b", "c"]);
  cluster.campaign("a");
  cluster.elapse(seconds(30), { without: ["c"] });
  assert.equal(cluster.role("c").kind, "candidate");
  assert.equal(cluster.at("c").core.term, 1);
  cluster.elapse(seconds(2));
  assert.deepEqual(
    ["a", "b", "c"].map((id) => cluster.role(id)),
    [
      { kind: "leader", term: 1 },
      { kind: "follower", leader: "a" },
      { kind: "follower", leader: "a" },
    ],
  );
});

test("a follower that hears its leader answers no request for a vote, and keeps its term", () => {
  const cluster = new CoreCluster(["a", "b", "c"]);
  cluster.campaign("a");
  for (const ballot of ["trial", "real"] as const) {
    const message = { kind: "voteRequest", ballot, term: 9, lastIndex: 9, lastTerm: 9 } as const;
    assert.deepEqual(cluster.step("b", { kind: "received", from: "c", message }).send, []);
    assert.equal(cluster.at("b").core.term, 1);
  }
});

test("strangers have no say while there is a leader: neither their votes nor their terms count", () => {
  const cluster = new CoreCluster(["a", "b", "c"], { joining: ["x"] });
  cluster.campaign("a");
  const append = { kind: "append", term: 99, previousIndex: 0, previousTerm: 0, entries: [], commit: 0 } as const;
  const vote = { kind: "voteRequest", ballot: "handover", term: 99, lastIndex: 99, lastTerm: 99 } as const;
  for (const id of ["a", "b"]) {
    for (const message of [append, vote]) {
      assert.deepEqual(cluster.step(id, { kind: "received", from: "x", message }).send, []);
      assert.equal(cluster.at(id).core.term, 1);
    }
  }
});

test("a server that is in no configuration never campaigns and never asks to be woken", () => {
  const cluster = new CoreCluster(["a"], { joining: ["x"] });
  assert.equal(cluster.at("x").core.wakeAt(), undefined);
  cluster.now = seconds(60) as unknown as typeof cluster.now;
  cluster.step("x", { kind: "wake" });
  assert.deepEqual(cluster.role("x"), { kind: "follower", leader: undefined });
});

test("a refused trial brings a candidate up to the others' term, so that the next can win", () => {
  const disks = { a: diskWith([1, 1], 1), b: diskWith([1], 5), c: diskWith([1], 5) };
  const cluster = new CoreCluster(["a", "b", "c"], { disks });
  cluster.campaign("a");
  assert.deepEqual(cluster.role("a"), { kind: "follower", leader: undefined });
  cluster.campaign("a");
  assert.deepEqual(cluster.role("a"), { kind: "leader", term: 6 });
});

function askForVote(cluster: CoreCluster, from: string, of: string): void {
  const message = { kind: "voteRequest", ballot: "real", term: 1, lastIndex: 0, lastTerm: 0 } as const;
  cluster.step(of, { kind: "received", from, message });
}

function votesUnderWay(cluster: CoreCluster): readonly string[] {
  return cluster.inTransit.flatMap(({ to, message }) => {
    return message.kind === "voteReply" ? [`${message.granted ? "yes" : "no"} to ${to}`] : [];
  });
}
