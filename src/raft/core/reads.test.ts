import assert from "node:assert/strict";
import { test } from "node:test";
import { milliseconds, seconds } from "../../base/index.ts";
import { CoreCluster } from "./core-cluster.ts";
import { PendingReads } from "./reads.ts";

test("a read is proven by a majority that answered after it was asked for, not by one before", () => {
  const reads = new PendingReads();
  reads.ask(7, 10);
  reads.confirmed("b", 1);
  reads.ask(8, 11);
  assert.deepEqual(reads.takeProven(["a", "b", "c"], "a"), [{ read: 7, index: 10 }]);
  assert.deepEqual(reads.takeProven(["a", "b", "c"], "a"), []);
  reads.confirmed("b", 1);
  assert.deepEqual(reads.takeProven(["a", "b", "c"], "a"), []);
  reads.confirmed("c", 2);
  assert.deepEqual(reads.takeProven(["a", "b", "c"], "a"), [{ read: 8, index: 11 }]);
  assert.equal(reads.isEmpty, true);
});

test("a leader asks whether it is still followed, and a majority suffices", () => {
  const cluster = new CoreCluster(["a", "b", "c"]);
  cluster.campaign("a");
  cluster.takeTranscript();
  cluster.read("a");
  cluster.settle({ without: ["c"] });
  assert.deepEqual(cluster.takeTranscript(), ["a → b still followed in 1? round 1", "b → a confirmed in 1: round 1"]);
});

test("the only voter needs nobody's word", () => {
  const cluster = new CoreCluster(["a"]);
  cluster.elapse(milliseconds(0));
  assert.deepEqual(cluster.read("a").reads, [{ read: 0, index: 1 }]);
});

test("a new leader's reads wait for its first entry: what was committed before it may not be known to it", () => {
  const cluster = new CoreCluster(["a"]);
  cluster.elapse(milliseconds(0));
  cluster.crash("a");
  cluster.restart("a");
  cluster.step("a", { kind: "wake" });
  cluster.sync("a");
  assert.deepEqual([cluster.role("a").kind, cluster.at("a").core.commitIndex], ["leader", 0]);
  assert.deepEqual(cluster.read("a").reads, [{ read: 0, index: 2 }]);
});

test("a leader that was cut off answers no read, although it has not noticed", () => {
  const cluster = new CoreCluster(["a", "b", "c"]);
  cluster.campaign("a");
  cluster.elapse(seconds(3), { without: ["a"] });
  const next = cluster.leader!;
  assert.notEqual(next, "a");
  cluster.propose(next, "newer");
  cluster.settle({ without: ["a"] });
  const { reads, send } = cluster.read("a");
  assert.deepEqual([reads, send], [[], []]);
});

test("a late question of an earlier term confirms nothing in a later one, though the same server leads again", () => {
  const cluster = new CoreCluster(["a", "b", "c"]);
  cluster.campaign("a");
  for (let round = 0; round < 3; round++) cluster.read("a");
  const late = cluster.inTransit.filter(({ to, message }) => to === "b" && message.kind === "confirm").at(-1)!;
  cluster.settle();
  for (const [from, to] of [
    ["a", "c"],
    ["c", "a"],
  ] as const) {
    cluster.step(from, { kind: "transferLeadership", to });
    cluster.settle();
  }
  assert.deepEqual(cluster.role("a"), { kind: "leader", term: 3 });
  cluster.takeTranscript();
  cluster.inTransit = [late];
  cluster.deliver();
  cluster.read("a");
  cluster.inTransit = cluster.inTransit.filter(({ from, message }) => from === "b" && message.kind === "confirmed");
  const proven = cluster.step("a", { kind: "received", from: "b", message: cluster.inTransit[0]!.message }).reads;
  assert.deepEqual(proven, []);
});

test("a question that is lost is asked again with the next heartbeat", () => {
  const cluster = new CoreCluster(["a", "b", "c"]);
  cluster.campaign("a");
  cluster.read("a");
  cluster.inTransit = [];
  cluster.takeTranscript();
  cluster.elapse(milliseconds(100));
  const answers = cluster.takeTranscript().filter((line) => line.includes("confirmed in 1: round 1"));
  assert.equal(answers.length >= 1, true);
});
