import assert from "node:assert/strict";
import { test } from "node:test";
import { State } from "../state/index.ts";
import { AssumedPlacements } from "./assumed-placements.ts";
import { aJob, anAllocation, aPlan, byNode, id } from "./testing/makers.ts";

const running = anAllocation({ ID: id(300) });
const holding = new State().view().assuming((write) => {
  write.put("jobs", aJob());
  write.put("allocations", running);
});
const onNode = (assumed: AssumedPlacements) =>
  [...assumed.view.allocations.by("node", id(1))].map(({ ID, DesiredStatus }) => [ID, DesiredStatus]);

test("what plans place is there, what they stop is there still, and what they began with is as it was", () => {
  const assumed = new AssumedPlacements(holding);
  const stopped = { ...running, DesiredStatus: "stop" };
  assumed.place(aPlan([anAllocation({ ID: id(301) })], { NodeUpdate: byNode([stopped]) }));
  assert.deepEqual(onNode(assumed), [
    [id(300), "run"],
    [id(301), "run"],
  ]);
  assumed.place(aPlan([anAllocation({ ID: id(302) })]));
  assert.equal(onNode(assumed).length, 3);
  assert.equal(holding.allocations.size, 1);
});

test("what is updated in place keeps what its client has said of it", () => {
  const ended = { ...running, ClientStatus: "complete" };
  const assumed = new AssumedPlacements(holding.assuming((write) => write.put("allocations", ended)));
  assumed.place(aPlan([{ ...running, Name: "web.app[1]" }, anAllocation({ ID: id(301) })]));
  const { Name, ClientStatus } = assumed.view.allocations.get(id(300)) ?? {};
  assert.deepEqual([Name, ClientStatus, onNode(assumed).length], ["web.app[1]", "complete", 2]);
});

test("what is placed without its job is of the plan's, or of that of an earlier part", () => {
  const assumed = new AssumedPlacements(holding);
  const [first, second] = [301, 302].map((n) => anAllocation({ ID: id(n) }));
  assumed.place({ ...aPlan([first!]), Job: aJob() });
  assumed.place({ ...aPlan([second!]), Job: null, JobOf: id(301) });
  assert.equal(assumed.view.allocations.get(id(302))?.Job?.ID, "web");
});

test("what is to be evicted runs on, and makes room for nobody else", () => {
  const assumed = new AssumedPlacements(holding);
  const preempted = { ...running, PreemptedByAllocation: id(301) };
  assumed.place(aPlan([anAllocation({ ID: id(301) })], { NodePreemptions: byNode([preempted]) }));
  const { DesiredStatus, PreemptedByAllocation } = assumed.view.allocations.get(id(300)) ?? {};
  assert.deepEqual([DesiredStatus, PreemptedByAllocation], ["run", id(301)]);
});

test("it is one index later once something is placed, or where it is said to be", () => {
  const indexes = [new AssumedPlacements(holding), new AssumedPlacements(holding, holding.index)].map((assumed) => {
    const before = assumed.view.index;
    assumed.place(aPlan([anAllocation({ ID: id(301) })]));
    return [before, assumed.view.index];
  });
  assert.deepEqual(indexes, [
    [1, 2],
    [1, 1],
  ]);
});
