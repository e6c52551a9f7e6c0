import assert from "node:assert/strict";
import { test } from "node:test";
import { milliseconds, seconds } from "../../base/index.ts";
import { CoreCluster, diskWith } from "./core-cluster.ts";
import type { Ballot, RaftMessage } from "./messages.ts";
import type { Raft } from "./raft.ts";

test("a command is committed once a majority has it on disk, and the others learn it with the next append", () => {
  const cluster = new CoreCluster(["a", "b", "c"]);
  cluster.campaign("a");
  cluster.takeTranscript();
  cluster.propose("a", "x");
  cluster.settle();
  assert.deepEqual(cluster.takeTranscript(), [
    "a → b append in 1: after 1/1 [2/1 x] commit 1",
    "a → c append in 1: after 1/1 [2/1 x] commit 1",
    "b → a appended in 1: 2",
    "c → a appended in 1: 2",
    "a → b append in 1: after 2/1 [] commit 2",
    "a → c append in 1: after 2/1 [] commit 2",
    "b → a appended in 1: 2",
    "c → a appended in 1: 2",
  ]);
  for (const id of ["a", "b", "c"]) assert.deepEqual(cluster.applied(id), ["x"]);
});

test("news of what is committed waits five milliseconds for entries that carry it along", () => {
  const cluster = new CoreCluster(["a", "b", "c"], { newsPatience: milliseconds(5) });
  cluster.campaign("a");
  const committed = (id: string) => cluster.at(id).core.commitIndex;
  cluster.propose("a", "x");
  cluster.settle();
  assert.deepEqual(["a", "b", "c"].map(committed), [2, 1, 1]);
  cluster.takeTranscript();
  cluster.propose("a", "y");
  cluster.settle();
  assert.deepEqual(cluster.takeTranscript().slice(0, 2), [
    "a → b append in 1: after 2/1 [3/1 y] commit 2",
    "a → c append in 1: after 2/1 [3/1 y] commit 2",
  ]);
  cluster.elapse(milliseconds(5));
  cluster.settle();
  assert.deepEqual(["a", "b", "c"].map(committed), [3, 3, 3]);
});

test("a leader does not count its own entry before its own disk has it", () => {
  const cluster = new CoreCluster(["a", "b", "c"]);
  cluster.campaign("a");
  cluster.crash("c");
  cluster.propose("a", "x");
  cluster.deliver(0);
  cluster.sync("b");
  cluster.inTransit = cluster.inTransit.filter(({ from }) => from === "b");
  cluster.deliver(0);
  assert.equal(cluster.at("a").core.commitIndex, 1);
  cluster.sync("a");
  assert.equal(cluster.at("a").core.commitIndex, 2);
});

test("a follower acknowledges entries only after their sync, but a heartbeat at once, for what is on disk", () => {
  const cluster = new CoreCluster(["a", "b", "c"]);
  cluster.campaign("a");
  cluster.propose("a", "x");
  cluster.deliver(0);
  const heartbeat = { kind: "append", term: 1, previousIndex: 2, previousTerm: 1, entries: [], commit: 1 } as const;
  const effects = cluster.step("b", { kind: "received", from: "a", message: heartbeat });
  assert.deepEqual(effects.send, [{ to: "a", message: { kind: "appended", term: 1, matched: 1 } }]);
  cluster.inTransit = [];
  cluster.sync("b");
  assert.deepEqual(
    cluster.inTransit.map(({ message }) => message),
    [{ kind: "appended", term: 1, matched: 2 }],
  );
});

test("a sync of entries that were replaced meanwhile says nothing of those in their place", () => {
  const cluster = new CoreCluster(["a", "b", "c"]);
  const core = cluster.at("b").core;
  const [one, other] = [diskWith([1]).entries[0]!, diskWith([2]).entries[0]!];
  const append = (term: number, entry: typeof one) =>
    core.step(cluster.now, {
      kind: "received",
      from: term === 1 ? "a" : "c",
      message: { kind: "append", term, previousIndex: 0, previousTerm: 0, entries: [entry], commit: 0 },
    });
  const first = append(1, one);
  append(2, other);
  core.step(cluster.now, { kind: "persisted", batch: first.persist!.number });
  const heartbeat = { kind: "append", term: 2, previousIndex: 1, previousTerm: 2, entries: [], commit: 0 } as const;
  const { send } = core.step(cluster.now, { kind: "received", from: "c", message: heartbeat });
  assert.deepEqual(send, [{ to: "c", message: { kind: "appended", term: 2, matched: 0 } }]);
});

test("proposals do not wait for each other: entries go out while earlier ones are under way", () => {
  const cluster = new CoreCluster(["a", "b", "c"]);
  cluster.campaign("a");
  cluster.takeTranscript();
  for (const text of ["x", "y", "z"]) cluster.propose("a", text);
  const toB = cluster.inTransit.filter(({ to }) => to === "b").map(({ message }) => message);
  assert.deepEqual(
    toB.map((message) => message.kind === "append" && [message.previousIndex, message.entries.length]),
    [
      [1, 1],
      [2, 1],
      [3, 1],
    ],
  );
  cluster.settle();
  assert.deepEqual(cluster.applied("c"), ["x", "y", "z"]);
});

test("proposals of one step go out in one append and one write", () => {
  const cluster = new CoreCluster(["a", "b", "c"]);
  cluster.campaign("a");
  const proposals = ["x", "y"].map((text, proposal) => {
    return { proposal, content: { kind: "command", data: Buffer.from(text) } } as const;
  });
  const { accepted, persist, send } = cluster.step("a", { kind: "propose", proposals });
  assert.deepEqual(accepted, [
    { proposal: 0, index: 2 },
    { proposal: 1, index: 3 },
  ]);
  assert.equal(persist?.entries.length, 2);
  assert.equal(send.length, 2);
});

test("a follower refuses a proposal and names the leader; a candidate names nobody", () => {
  const cluster = new CoreCluster(["a", "b", "c"]);
  cluster.campaign("a");
  assert.deepEqual(cluster.propose("b", "x"), [{ proposal: 0, reason: "notLeader", leader: "a" }]);
  cluster.elapse(seconds(2), { without: ["c"] });
  assert.deepEqual(cluster.propose("c", "x"), [{ proposal: 0, reason: "notLeader" }]);
});

test("figure 7: a new leader makes every log like its own, whatever they lack or have too much", () => {
  const leaderLog = [1, 1, 1, 4, 4, 5, 5, 6, 6, 6];
  const disks = {
    leader: diskWith(leaderLog, 7),
    a: diskWith([1, 1, 1, 4, 4, 5, 5, 6, 6]),
    b: diskWith([1, 1, 1, 4]),
    c: diskWith([1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6]),
    d: diskWith([1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7]),
    e: diskWith([1, 1, 1, 4, 4, 4, 4]),
    f: diskWith([1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3]),
  };
  const cluster = new CoreCluster(Object.keys(disks), { disks });
  cluster.campaign("leader");
  assert.deepEqual(cluster.role("leader"), { kind: "leader", term: 8 });
  const expected = [...leaderLog.map((term, place) => `${term}:${place + 1}/${term}`), "8:members"];
  for (const id of Object.keys(disks)) {
    assert.deepEqual(cluster.log(id), expected, `the log of ${id}`);
    assert.equal(cluster.at(id).core.commitIndex, 11);
  }
});

test("a refusal names how far the logs may agree, so that one probe skips a whole term", () => {
  const disks = { a: diskWith([1, 4, 4, 4, 5]), b: diskWith([1, 2, 2, 2, 3, 3, 3]), c: diskWith([1, 4, 4, 4, 5]) };
  const cluster = new CoreCluster(["a", "b", "c"], { disks });
  cluster.campaign("a");
  const between = cluster
    .takeTranscript()
    .filter((line) => line.startsWith("a → b append") || line.startsWith("b → a ref"));
  assert.deepEqual(between.slice(0, 4), [
    "a → b append in 6: after 5/5 [6/6 members] commit 0",
    "b → a refused in 6: not after 5, perhaps 5/3",
    "a → b append in 6: after 1/1 [] commit 0",
    "a → b append in 6: after 1/1 [2/4 2/4, 3/4 3/4, 4/4 4/4, 5/5 5/5, 6/6 members] commit 6",
  ]);
});

test("a server far behind is brought up in bounded batches", () => {
  const cluster = new CoreCluster(["a", "b", "c"], {
    disks: { a: diskWith(new Array(3000).fill(1)), b: diskWith(new Array(3000).fill(1)) },
  });
  cluster.campaign("a");
  let largest = 0;
  cluster.crash("c");
  cluster.restart("c");
  cluster.elapse(milliseconds(100), { without: ["b"] });
  cluster.settle();
  for (const line of cluster.takeTranscript()) {
    largest = Math.max(largest, line.startsWith("a → c append") ? line.split(",").length : 0);
  }
  assert.equal(cluster.at("c").core.lastIndex, 3001);
  assert.equal(largest, 64);
});

test("entries that the network loses are sent again after the next heartbeat is refused", () => {
  const cluster = new CoreCluster(["a", "b", "c"]);
  cluster.campaign("a");
  for (const text of ["u", "v", "w"]) cluster.propose("a", text);
  cluster.inTransit = [];
  cluster.settle();
  assert.deepEqual(cluster.applied("b"), []);
  cluster.elapse(milliseconds(100));
  for (const id of ["a", "b", "c"]) assert.deepEqual(cluster.applied(id), ["u", "v", "w"]);
});

test("appends that come doubled and in the wrong order do no harm, early or late", () => {
  const cluster = new CoreCluster(["a", "b", "c"]);
  cluster.campaign("a");
  for (const text of ["u", "v", "w"]) cluster.propose("a", text);
  const sent = cluster.inTransit.toReversed();
  cluster.inTransit = [...sent, ...sent];
  cluster.settle();
  cluster.inTransit = [...sent];
  cluster.settle();
  for (const id of ["a", "b", "c"]) assert.deepEqual(cluster.applied(id), ["u", "v", "w"]);
});

test("a late append with less than a follower has removes nothing", () => {
  const cluster = new CoreCluster(["a", "b", "c"]);
  cluster.campaign("a");
  cluster.propose("a", "x");
  const [early] = cluster.inTransit;
  cluster.propose("a", "y");
  cluster.settle();
  cluster.inTransit = [early!];
  cluster.settle();
  assert.deepEqual(cluster.log("b"), ["1:members", "1:x", "1:y"]);
});

test("entries that an old leader could not commit give way to those of the new one", () => {
  const cluster = new CoreCluster(["a", "b", "c"]);
  cluster.campaign("a");
  cluster.propose("a", "lost");
  cluster.elapse(seconds(3), { without: ["a"] });
  const next = cluster.leader!;
  assert.notEqual(next, "a");
  cluster.propose(next, "kept");
  cluster.settle({ without: ["a"] });
  cluster.elapse(seconds(1));
  for (const id of ["a", "b", "c"]) assert.deepEqual(cluster.applied(id), ["kept"]);
});

test("figure 8: an entry of an older term is not committed by counting copies, but by one of the leader's own after it", () => {
  const { core } = new CoreCluster(["s1", "s2", "s3", "s4", "s5"], { disks: { s1: diskWith([1, 2], 3) } }).at("s1");
  assert.deepEqual(commitsOf(core), [0, 3]);
});

test("figure 8 (d): an entry of an older term may be replaced although a majority has it", () => {
  const disks = { s1: diskWith([1, 2], 4), s2: diskWith([1, 2], 4), s3: diskWith([1, 2], 4), s4: diskWith([1], 3) };
  const cluster = new CoreCluster(["s1", "s2", "s3", "s4", "s5"], { disks: { ...disks, s5: diskWith([1, 3], 4) } });
  cluster.crash("s1");
  cluster.campaign("s5");
  assert.deepEqual(cluster.role("s5"), { kind: "leader", term: 5 });
  assert.deepEqual(cluster.log("s2"), ["1:1/1", "3:2/3", "5:members"]);
});

test("figure 8 (e): once an entry of the leader's own term is on a majority, a server without it cannot be elected", () => {
  const newer = diskWith([1, 2, 4]);
  const disks = { s1: newer, s2: newer, s3: newer, s4: diskWith([1], 3), s5: diskWith([1, 3], 4) };
  const cluster = new CoreCluster(["s1", "s2", "s3", "s4", "s5"], { disks });
  cluster.crash("s1");
  cluster.campaign("s5");
  assert.deepEqual(cluster.role("s5"), { kind: "candidate" });
});

/** Elects `core` (log 1/1, 2/2) in term 4, then tells it that s3 has entry 2, which makes three of five, then entry 3. */
function commitsOf(core: Raft): readonly number[] {
  const now = core.wakeAt()!;
  const hear = (from: string, message: RaftMessage) => core.step(now, { kind: "received", from, message });
  const vote = (from: string, ballot: Ballot) => hear(from, { kind: "voteReply", ballot, term: 4, granted: true });
  const appended = (from: string, matched: number) => hear(from, { kind: "appended", term: 4, matched });
  core.step(now, { kind: "wake" });
  vote("s2", "trial");
  vote("s3", "trial");
  core.step(now, { kind: "persisted", batch: 1 });
  vote("s2", "real");
  vote("s3", "real");
  core.step(now, { kind: "persisted", batch: 2 });
  appended("s2", 2);
  appended("s3", 2);
  const afterOldEntry = core.commitIndex;
  appended("s2", 3);
  appended("s3", 3);
  return [afterOldEntry, core.commitIndex];
}
