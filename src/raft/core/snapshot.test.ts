import assert from "node:assert/strict";
import { test } from "node:test";
import { milliseconds, seconds } from "../../base/index.ts";
import { CoreCluster, diskWith, nonVoter, voter } from "./core-cluster.ts";
import { LogTail } from "./log-tail.ts";
import { continuing } from "./restored.ts";

const nothing = { entries: 0, bytes: 0 };

/** A leader `a` with three commands in a snapshot and none of them in its log; `c` has been away all the while. */
function withCompactedLeader(): CoreCluster {
  const cluster = new CoreCluster(["a", "b", "c"]);
  cluster.campaign("a");
  cluster.crash("c");
  for (const text of ["x", "y", "z"]) cluster.propose("a", text);
  cluster.settle();
  cluster.takeSnapshot("a", nothing);
  cluster.settle();
  cluster.takeTranscript();
  return cluster;
}

test("a snapshot takes the place of the log, but for what is to trail it", () => {
  const log = new LogTail(diskWith([1, 1, 2, 2, 3]).entries);
  assert.deepEqual(log.cutBefore(5, { entries: 2, bytes: 1000 }), { index: 3, term: 2 });
  assert.deepEqual(log.cutBefore(5, { entries: 9, bytes: 40 }), { index: 4, term: 2 });
  assert.deepEqual(log.cutBefore(4, { entries: 9, bytes: 1000 }), { index: 0, term: 0 });
  log.compactThrough({ index: 3, term: 2 });
  assert.deepEqual([log.base.index, log.lastIndex, log.termAt(3), log.termAt(2)], [3, 5, 2, undefined]);
  assert.equal(log.agreesAt(2, 9), true);
  assert.deepEqual(log.lastAtMost(9, 1), { index: 2, term: 0 });
  assert.throws(() => log.between(3, 4));
});

test("a peer that needs what the log no longer has is sent the snapshot in parts, and then entries again", () => {
  const cluster = withCompactedLeader();
  cluster.restart("c");
  cluster.elapse(milliseconds(100), { without: ["b"] });
  const between = cluster.takeTranscript().filter((line) => line.startsWith("a → c") || line.startsWith("c → a"));
  assert.deepEqual(between.slice(between.findIndex((line) => line.includes("refused"))), [
    "c → a refused in 1: not after 4, perhaps 1/1",
    "a → c append in 1: after 0/0 [] commit 4",
    "a → c snapshot 4/1 in 1: from 0",
    "c → a appended in 1: 0",
    "c → a stored in 1: 10 of snapshot 4",
    "a → c snapshot 4/1 in 1: from 10",
    "c → a stored in 1: 20 of snapshot 4",
    "a → c snapshot 4/1 in 1: from 20",
    "c → a appended in 1: 4",
  ]);
  cluster.propose("a", "next");
  cluster.settle();
  assert.deepEqual(cluster.applied("c"), ["x", "y", "z", "next"]);
  assert.deepEqual(cluster.log("c"), ["1:next"]);
});

test("what is written while a snapshot is on its way follows it", () => {
  const cluster = withCompactedLeader();
  cluster.restart("c");
  cluster.step("a", { kind: "wake" });
  for (let turn = 0; turn < 8; turn++) cluster.deliver();
  cluster.propose("a", "meanwhile");
  cluster.settle();
  cluster.elapse(milliseconds(200));
  assert.deepEqual(cluster.applied("c"), ["x", "y", "z", "meanwhile"]);
});

test("a part of a snapshot that is lost is sent again, and the transfer goes on where it was", () => {
  const cluster = withCompactedLeader();
  cluster.restart("c");
  cluster.elapse(milliseconds(99));
  const loseParts = () => {
    cluster.inTransit = cluster.inTransit.filter(({ message }) => message.kind !== "installSnapshot");
  };
  for (let turn = 0; turn < 20; turn++) {
    cluster.elapse(milliseconds(20), { without: turn % 2 === 0 ? ["c"] : [] });
    loseParts();
  }
  cluster.elapse(seconds(2));
  assert.deepEqual(cluster.applied("c"), ["x", "y", "z"]);
});

test("a transfer survives a new snapshot at the leader that makes the old one go", () => {
  const cluster = withCompactedLeader();
  cluster.restart("c");
  cluster.elapse(milliseconds(100), { without: ["c"] });
  cluster.propose("a", "w");
  cluster.settle({ without: ["c"] });
  cluster.takeSnapshot("a", nothing);
  cluster.elapse(seconds(2));
  assert.deepEqual(cluster.applied("c"), ["x", "y", "z", "w"]);
});

test("a snapshot that a follower does not need removes nothing of its log", () => {
  const cluster = new CoreCluster(["a", "b", "c"]);
  cluster.campaign("a");
  cluster.propose("a", "x");
  cluster.settle();
  const snapshot = cluster.at("a").core.markAt(2);
  cluster.step("b", { kind: "snapshotReceived", from: "a", snapshot });
  cluster.settle();
  assert.deepEqual(cluster.log("b"), ["1:members", "1:x"]);
});

test("a follower whose log has the snapshot's last entry keeps the log and learns that it is committed", () => {
  const cluster = new CoreCluster(["a", "b", "c"]);
  cluster.campaign("a");
  cluster.propose("a", "x");
  const snapshot = { index: 2, term: 1, members: cluster.at("a").core.members, membersIndex: 1 };
  cluster.deliver(0);
  cluster.sync("b");
  cluster.settle({ without: ["b"] });
  const { restore, apply } = cluster.step("b", { kind: "snapshotReceived", from: "a", snapshot });
  assert.equal(restore, undefined);
  assert.deepEqual(
    apply.map(({ index }) => index),
    [2],
  );
});

test("a follower whose log holds something else at the snapshot's last entry throws it away for the snapshot", () => {
  const cluster = new CoreCluster(["a", "b", "c"], { disks: { b: diskWith([1, 1, 1, 1]) } });
  const snapshot = { index: 3, term: 2, members: cluster.at("b").core.members, membersIndex: 0 };
  const { core } = cluster.at("b");
  const { restore, apply, persist } = core.step(cluster.now, { kind: "snapshotReceived", from: "a", snapshot });
  assert.deepEqual([restore, apply], [snapshot, []]);
  assert.deepEqual([persist?.truncateFrom, persist?.base], [1, { index: 3, term: 2 }]);
  assert.deepEqual([core.lastIndex, core.lastTerm, core.commitIndex], [3, 2, 3]);
});

test("a snapshot brings its configuration, and a newcomer needs no other", () => {
  const cluster = new CoreCluster(["a"], { joining: ["b"] });
  cluster.elapse(milliseconds(0));
  for (const text of ["x", "y"]) cluster.propose("a", text);
  cluster.settle();
  cluster.takeSnapshot("a", nothing);
  cluster.propose("a", { kind: "members", members: [voter("a"), nonVoter("b")] });
  cluster.elapse(seconds(1));
  assert.deepEqual(cluster.applied("b"), ["x", "y"]);
  cluster.takeSnapshot("b", nothing);
  cluster.crash("b");
  cluster.restart("b");
  assert.deepEqual(cluster.at("b").core.members, [voter("a"), nonVoter("b")]);
});

test("a server starts from its snapshot, and applies only what came after", () => {
  const cluster = withCompactedLeader();
  cluster.propose("a", "after");
  cluster.settle();
  cluster.crash("a");
  cluster.restart("a");
  assert.deepEqual(cluster.applied("a"), ["x", "y", "z"]);
  cluster.elapse(seconds(3));
  assert.deepEqual(cluster.applied("a"), ["x", "y", "z", "after"]);
});

test("after a crash between a received snapshot and the log, the log begins anew where it cannot go on", () => {
  const disk = diskWith([1, 1, 2]);
  assert.equal(continuing(disk, undefined), disk);
  assert.equal(continuing(disk, { index: 2, term: 1 }), disk);
  assert.deepEqual(continuing(disk, { index: 3, term: 3 }), { ...disk, base: { index: 3, term: 3 }, entries: [] });
  assert.deepEqual(continuing(disk, { index: 9, term: 2 }), { ...disk, base: { index: 9, term: 2 }, entries: [] });
  const cut = { ...disk, base: { index: 2, term: 1 }, entries: disk.entries.slice(2) };
  assert.equal(continuing(cut, { index: 2, term: 1 }), cut);
});
