import assert from "node:assert/strict";
import { test } from "node:test";
import { milliseconds, seconds } from "../../base/index.ts";
import { CoreCluster, nonVoter, voter } from "./core-cluster.ts";
import { isSingleServerChange, type Member } from "./membership.ts";

const members = (...list: Member[]) => ({ kind: "members", members: list }) as const;
const [a, b, c, d] = ["a", "b", "c", "d"].map(voter) as [Member, Member, Member, Member];

test("only one vote may come or go at a time, one must stay, and no server stands twice", () => {
  assert.equal(isSingleServerChange([a, b, c], [a, b, c, d]), true);
  assert.equal(isSingleServerChange([a, b, c], [a, c]), true);
  assert.equal(isSingleServerChange([a, b], [a, b, nonVoter("c"), nonVoter("d")]), true);
  assert.equal(isSingleServerChange([a, b], [a, c]), false);
  assert.equal(isSingleServerChange([a], [a, b, c]), false);
  assert.equal(isSingleServerChange([a], []), false);
  assert.equal(isSingleServerChange([a], [nonVoter("a")]), false);
  assert.equal(isSingleServerChange([a], [a, { ...a, address: "elsewhere:1" }]), false);
});

test("a cluster grows from one to three, and each newcomer is brought up to date", () => {
  const cluster = new CoreCluster(["a"], { joining: ["b", "c"] });
  cluster.elapse(milliseconds(0));
  cluster.propose("a", "x");
  cluster.settle();
  assert.deepEqual(cluster.propose("a", members(a, b)), []);
  cluster.settle();
  assert.deepEqual(cluster.propose("a", members(a, b, c)), []);
  cluster.settle();
  for (const id of ["a", "b", "c"]) {
    assert.deepEqual(cluster.applied(id), ["x"]);
    assert.deepEqual(cluster.at(id).core.members, [a, b, c]);
  }
  cluster.crash("a");
  cluster.elapse(seconds(3));
  assert.notEqual(cluster.leader, undefined);
});

test("a new configuration counts from the moment it is in the log: two voters of which one is silent commit nothing", () => {
  const cluster = new CoreCluster(["a"], { joining: ["b"] });
  cluster.elapse(milliseconds(0));
  cluster.propose("a", members(a, b));
  cluster.settle({ without: ["b"] });
  assert.equal(cluster.at("a").core.commitIndex, 1);
});

test("a second change is refused until the first is committed", () => {
  const cluster = new CoreCluster(["a"], { joining: ["b", "c"] });
  cluster.elapse(milliseconds(0));
  cluster.propose("a", members(a, b));
  assert.deepEqual(cluster.propose("a", members(a, b, c)), [{ proposal: 0, reason: "changePending" }]);
  cluster.settle();
  assert.deepEqual(cluster.propose("a", members(a, c)), [{ proposal: 0, reason: "notOneServer" }]);
});

test("a new leader changes nothing before its own first entry is committed", () => {
  const cluster = new CoreCluster(["a", "b", "c"]);
  cluster.campaign("a");
  cluster.crash("a");
  cluster.now = seconds(60) as unknown as typeof cluster.now;
  cluster.step("b", { kind: "wake" });
  for (let turn = 0; cluster.role("b").kind !== "leader" && turn < 50; turn++) {
    for (const { id } of cluster.up) cluster.sync(id);
    if (cluster.role("b").kind !== "leader") cluster.deliver();
  }
  assert.deepEqual(cluster.propose("b", members(b, c)), [{ proposal: 0, reason: "changePending" }]);
  cluster.settle();
  assert.deepEqual(cluster.propose("b", members(b, c)), []);
});

test("no voter is taken out while too few of the others answer: that could not be committed, nor anybody be elected", () => {
  const cluster = new CoreCluster(["a", "b", "c"]);
  cluster.campaign("a");
  cluster.elapse(milliseconds(600), { without: ["b"] });
  assert.equal(cluster.leader, "a");
  assert.deepEqual(cluster.propose("a", members(a, b)), [{ proposal: 0, reason: "tooFewAnswer" }]);
  assert.deepEqual(cluster.at("a").core.members, [a, b, c]);
  assert.deepEqual(cluster.propose("a", members(a, c)), [], "the silent one may go");
});

test("a voter is taken out as soon as the others answer again", () => {
  const cluster = new CoreCluster(["a", "b", "c"]);
  cluster.campaign("a");
  cluster.elapse(milliseconds(600), { without: ["b"] });
  assert.deepEqual(cluster.propose("a", members(a, b)), [{ proposal: 0, reason: "tooFewAnswer" }]);
  cluster.elapse(milliseconds(200));
  assert.deepEqual(cluster.propose("a", members(a, b)), []);
  cluster.settle({ without: ["c"] });
  assert.deepEqual(cluster.at("b").core.members, [a, b]);
});

test("a server without a vote receives the log, and neither counts nor campaigns", () => {
  const cluster = new CoreCluster(["a"], { joining: ["n"] });
  cluster.elapse(milliseconds(0));
  cluster.propose("a", members(a, nonVoter("n")));
  cluster.propose("a", "x");
  cluster.settle({ without: ["n"] });
  assert.equal(cluster.at("a").core.commitIndex, 3);
  cluster.elapse(milliseconds(200));
  assert.deepEqual(cluster.applied("n"), ["x"]);
  assert.equal(cluster.at("n").core.wakeAt(), undefined);
});

test("a leader that removes itself leads until that is committed, then leaves it to the others", () => {
  const cluster = new CoreCluster(["a", "b", "c"]);
  cluster.campaign("a");
  cluster.propose("a", members(b, c));
  assert.equal(cluster.role("a").kind, "leader");
  cluster.settle();
  assert.equal(cluster.role("a").kind, "follower");
  cluster.elapse(seconds(3));
  assert.equal(["b", "c"].includes(cluster.leader!), true);
  assert.equal(cluster.at("a").core.wakeAt(), undefined);
});

test("a server whose removal only it knows of is elected to commit it: nobody else could be", () => {
  const cluster = new CoreCluster(["a", "b"]);
  cluster.campaign("a");
  cluster.propose("a", members(b));
  cluster.settle({ without: ["b"] });
  cluster.elapse(seconds(2), { without: ["b"] });
  assert.notEqual(cluster.role("a").kind, "leader");
  cluster.elapse(seconds(10));
  assert.equal(cluster.role("b").kind, "leader");
  assert.deepEqual(cluster.log("b").slice(0, 2), ["1:members", "1:members"]);
});

test("a removed server that never learnt of it disturbs nobody", () => {
  const cluster = new CoreCluster(["a", "b", "c"]);
  cluster.campaign("a");
  cluster.propose("a", members(a, b));
  cluster.settle({ without: ["c"] });
  cluster.elapse(seconds(30));
  assert.deepEqual(cluster.role("a"), { kind: "leader", term: 1 });
  assert.equal(cluster.role("c").kind, "candidate");
});

test("when a majority is gone for good the leader steps down and nobody leads", () => {
  const cluster = new CoreCluster(["a", "b", "c", "d", "e"]);
  cluster.campaign("a");
  for (const id of ["c", "d", "e"]) cluster.crash(id);
  cluster.elapse(milliseconds(500));
  assert.equal(cluster.role("a").kind, "follower");
  cluster.elapse(seconds(10));
  assert.equal(cluster.leader, undefined);
});

test("a configuration that is truncated away gives place to the one before it", () => {
  const cluster = new CoreCluster(["a", "b", "c"], { joining: ["d"] });
  cluster.campaign("a");
  cluster.propose("a", members(a, b, c, d));
  assert.deepEqual(cluster.at("a").core.members, [a, b, c, d]);
  cluster.elapse(seconds(3), { without: ["a"] });
  cluster.elapse(seconds(1));
  for (const id of ["a", "b", "c"]) assert.deepEqual(cluster.at(id).core.members, [a, b, c]);
});

test("a restarted server knows the configuration from its log, not from its bootstrap", () => {
  const cluster = new CoreCluster(["a"], { joining: ["b"] });
  cluster.elapse(milliseconds(0));
  cluster.propose("a", members(a, b));
  cluster.settle();
  for (const id of ["a", "b"]) {
    cluster.crash(id);
    cluster.restart(id);
    assert.deepEqual(cluster.at(id).core.members, [a, b]);
  }
});

test("leadership goes to the server it is handed to, as soon as that has the whole log, without a timeout", () => {
  const cluster = new CoreCluster(["a", "b", "c"]);
  cluster.campaign("a");
  cluster.propose("a", "x");
  const before = cluster.now;
  cluster.step("a", { kind: "transferLeadership", to: "c" });
  assert.deepEqual(cluster.propose("a", "y"), [{ proposal: 0, reason: "notLeader" }]);
  cluster.settle();
  assert.equal(cluster.now, before);
  assert.deepEqual(cluster.role("c"), { kind: "leader", term: 2 });
  assert.deepEqual(cluster.role("a"), { kind: "follower", leader: "c" });
  assert.deepEqual(cluster.applied("c"), ["x"]);
});

test("a leader whose successor does not answer leads on after an election timeout", () => {
  const cluster = new CoreCluster(["a", "b", "c"]);
  cluster.campaign("a");
  cluster.crash("c");
  cluster.step("a", { kind: "transferLeadership", to: "c" });
  cluster.elapse(milliseconds(500));
  assert.deepEqual(cluster.propose("a", "y"), []);
  cluster.settle();
  assert.deepEqual(cluster.applied("b"), ["y"]);
});
