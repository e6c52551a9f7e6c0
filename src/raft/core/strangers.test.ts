import assert from "node:assert/strict";
import { test } from "node:test";
import { seconds } from "../../base/index.ts";
import { CoreCluster, diskWith, voter } from "./core-cluster.ts";
import type { Member } from "./membership.ts";
import type { RaftMessage } from "./messages.ts";
import { FURTHEST_TERM_AHEAD } from "./strangers.ts";

/** T8: what is heard of servers that the configuration does not have, and of terms that cannot be. */

const members = (...list: Member[]) => ({ kind: "members", members: list }) as const;
const [a, b, c, d, e] = ["a", "b", "c", "d", "e"].map(voter) as [Member, Member, Member, Member, Member];
const mark = { index: 9, term: 9, membersIndex: 1, members: [voter("x")] };
const realVote = (term: number, lastIndex: number, lastTerm: number): RaftMessage => {
  return { kind: "voteRequest", ballot: "real", term, lastIndex, lastTerm };
};

test("T8: while nobody leads, no answer, order or question of a stranger has effect, and its term none", () => {
  const cluster = new CoreCluster(["a", "b", "c"], { joining: ["x"], disks: { a: diskWith([1, 1]) } });
  const words: readonly RaftMessage[] = [
    { kind: "voteReply", ballot: "real", term: 99, granted: false },
    { kind: "voteReply", ballot: "trial", term: 99, granted: true },
    { kind: "appended", term: 99, matched: 9 },
    { kind: "appendRefused", term: 99, previousIndex: 9, hintIndex: 9, hintTerm: 9 },
    { kind: "snapshotStored", term: 99, index: 9, received: 9 },
    { kind: "confirm", term: 99, round: 1 },
    { kind: "confirmed", term: 99, round: 1 },
    { kind: "campaignNow", term: 99 },
  ];
  for (const message of words) {
    assert.deepEqual(cluster.step("a", { kind: "received", from: "x", message }).send, [], message.kind);
    assert.equal(cluster.at("a").core.term, 1, message.kind);
    assert.equal(cluster.at("a").disk.ballot.term, 1, message.kind);
  }
});

test("T8: a stranger's candidacy raises the term only where it gets the vote", () => {
  const cluster = new CoreCluster(["a", "b", "c"], { joining: ["x"], disks: { a: diskWith([1, 1]) } });
  cluster.step("a", { kind: "received", from: "x", message: realVote(99, 1, 1) });
  assert.equal(cluster.at("a").core.term, 1);
  cluster.step("a", { kind: "received", from: "x", message: realVote(2, 2, 1) });
  cluster.settle();
  assert.deepEqual(cluster.at("a").disk.ballot, { term: 2, votedFor: "x" });
});

test("T8: a term that no cluster can have reached is adopted from nobody", () => {
  for (const from of ["b", "x"]) {
    const cluster = new CoreCluster(["a", "b", "c"], { joining: ["x"] });
    const term = FURTHEST_TERM_AHEAD + 1;
    const append = { kind: "append", term, previousIndex: 0, previousTerm: 0, entries: [], commit: 0 } as const;
    const chunk = { offset: 0, data: Buffer.from("x"), totalBytes: 1, checksum: "c" };
    for (const message of [
      realVote(term, 2 ** 50, 2 ** 50),
      append,
      { kind: "installSnapshot", term, snapshot: mark, chunk } as const,
    ]) {
      assert.deepEqual(cluster.step("a", { kind: "received", from, message }).send, []);
      assert.equal(cluster.at("a").core.term, 0);
    }
    cluster.campaign("a");
    assert.deepEqual(cluster.role("a"), { kind: "leader", term: 1 });
  }
});

test("T8: a voter whose configuration lags votes for a newcomer that it does not know: nobody else could be elected", () => {
  const cluster = new CoreCluster(["a", "b", "c"], { joining: ["d"] });
  cluster.campaign("a");
  cluster.propose("a", members(a, b, c, d));
  cluster.settle({ without: ["c"] });
  cluster.propose("a", "only a and d have this");
  cluster.settle({ without: ["b", "c"] });
  cluster.crash("a");
  assert.deepEqual(cluster.at("c").core.members, [a, b, c]);
  cluster.now = seconds(1) as unknown as typeof cluster.now;
  cluster.takeTranscript();
  cluster.campaign("d");
  const votes = cluster.takeTranscript().filter((line) => / vote in /.test(line));
  assert.deepEqual(votes, [
    "d → b trial vote in 2? log ends 3/1",
    "d → c trial vote in 2? log ends 3/1",
    "b → d trial vote in 2: yes",
    "c → d trial vote in 2: yes",
    "d → b real vote in 2? log ends 3/1",
    "d → c real vote in 2? log ends 3/1",
    "b → d real vote in 2: yes",
    "c → d real vote in 2: yes",
  ]);
  assert.deepEqual(cluster.role("d"), { kind: "leader", term: 2 });
});

test("T8: a server that was away while all its peers were replaced follows a leader that it never heard of", () => {
  const cluster = new CoreCluster(["a", "b", "c"], { joining: ["d", "e"] });
  cluster.campaign("a");
  cluster.crash("c");
  for (const list of [
    [a, b, c, d],
    [a, b, c, d, e],
    [a, c, d, e],
  ]) {
    assert.deepEqual(cluster.propose("a", members(...list)), []);
    cluster.settle();
  }
  cluster.step("a", { kind: "transferLeadership", to: "d" });
  cluster.settle();
  assert.equal(cluster.leader, "d");
  assert.deepEqual(cluster.propose("d", members(c, d, e)), []);
  cluster.propose("d", "x");
  cluster.settle();
  for (const id of ["a", "b"]) cluster.crash(id);
  cluster.restart("c");
  assert.deepEqual(cluster.at("c").core.members, [a, b, c]);
  cluster.elapse(seconds(3));
  assert.deepEqual(cluster.at("c").core.members, [c, d, e]);
  assert.deepEqual(cluster.applied("c"), ["x"]);
});
