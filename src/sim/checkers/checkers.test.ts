import assert from "node:assert/strict";
import { test } from "node:test";
import { type Allocation, allocation, evaluation, job, type Node, node } from "../../model/index.ts";
import {
  type Applied,
  type Command,
  encodeCommand,
  jobRegister,
  nodeDrain,
  nodeRegister,
  nodeStatus,
  planResults,
  State,
} from "../../state/index.ts";
import { indexesGrow, stateCheckers } from "./checkers.ts";

/** A state under the checkers' eyes: nobody verifies its plans. */
class WatchedState {
  readonly #state = new State();
  readonly #checkers = [indexesGrow(), ...stateCheckers()];
  #index = 0;

  run<Request>(command: Command<Request>, request: Request): Applied {
    this.#index += 1;
    const applied = this.#state.apply({ index: this.#index, data: encodeCommand(command, request, { at: 0 }) });
    this.look(applied);
    return applied;
  }

  register(registered: Node): void {
    this.run(nodeRegister, { Node: registered, Evals: [] });
  }

  place(...placed: readonly Allocation[]): void {
    const NodeAllocation = Object.fromEntries(placed.map((each) => [each.ID, [each]]));
    this.run(planResults, { Job: null, EvalID: "", NodeUpdate: {}, NodeAllocation });
  }

  look(applied: Applied): void {
    for (const check of this.#checkers) check(this.#state.view(), applied);
  }
}

const resources = (CPU: number, MemoryMB = 64) => ({ CPU, MemoryMB, DiskMB: 0, IOPS: 0, Networks: [] });

function aNode(ID = "n1"): Node {
  return node.parse({ ID, Name: "one", Datacenter: "dc1", Status: "ready", Resources: resources(1000, 128) });
}

function anAllocation(ID: string, CPU: number): Allocation {
  return allocation.parse({
    ID,
    Name: `web.app[${ID}]`,
    Namespace: "default",
    NodeID: "n1",
    JobID: "web",
    TaskGroup: "app",
    DesiredStatus: "run",
    ClientStatus: "pending",
    Resources: resources(CPU),
    TaskResources: { server: resources(CPU) },
  });
}

test("a node that holds exactly what it has is as it must be", () => {
  const state = new WatchedState();
  state.register(aNode());
  state.place(anAllocation("a1", 500), anAllocation("a2", 500));
});

test("a node that is given more than it has is noticed at once", () => {
  const state = new WatchedState();
  state.register(aNode());
  state.place(anAllocation("a1", 600));
  assert.throws(() => state.place(anAllocation("a2", 401)), /node one has room for what it holds at index 3/);
});

test("what is placed on a node that is down is noticed", () => {
  const state = new WatchedState();
  state.register(aNode());
  state.run(nodeStatus, { NodeID: "n1", Status: "down", Evals: [] });
  for (let other = 0; other < 64; other++) state.register(aNode("other"));
  assert.throws(() => state.place(anAllocation("a1", 1)), /web\.app\[a1\] is placed on a node that is ready/);
});

test("what is placed on a node that nobody knows is noticed", () => {
  const state = new WatchedState();
  assert.throws(() => state.place(anAllocation("a1", 1)), /web\.app\[a1\] is placed on a node that is ready/);
});

/** On a full node "a2" takes the room of "a1" of job "low", which is so important; its job is looked at again, or not. */
function makeRoom({ Priority = 40, Evals = [{}], NodeID = "n1" }) {
  const state = new WatchedState();
  state.register(aNode());
  state.register(aNode("n2"));
  const low = job.parse({ ID: "low", Namespace: "default", Priority });
  state.place({ ...anAllocation("a1", 600), JobID: "low", Job: low });
  const by = { ...anAllocation("a2", 600), NodeID, Job: job.parse({ ID: "web", Namespace: "default", Priority: 50 }) };
  const again = {
    ID: "e1",
    Namespace: "default",
    JobID: "low",
    Type: "service",
    Status: "pending",
    TriggeredBy: "preemption",
  };
  state.run(planResults, {
    Job: by.Job,
    EvalID: "",
    NodeUpdate: {},
    NodeAllocation: { [NodeID]: [by] },
    NodePreemptions: { n1: [{ ID: "a1", PreemptedByAllocation: "a2" }] },
    PreemptionEvals: Evals.map((fields) => evaluation.parse({ ...again, ...fields })),
  });
}

test("room that is made for what matters less, or elsewhere, or without a word to its job is noticed", () => {
  makeRoom({});
  assert.throws(() => makeRoom({ Priority: 41 }), /at 4 job low makes room for a more important one/);
  assert.throws(() => makeRoom({ NodeID: "n2" }), /at 4 room is made for what is placed there/);
  assert.throws(() => makeRoom({ Evals: [] }), /at 4 job low, which makes room, is looked at again/);
  assert.throws(() => makeRoom({ Evals: [{ JobID: "web" }] }), /at 4 job low, which makes room, is looked at again/);
});

test("what is placed on a node that is drained, or closed to new work, is noticed", () => {
  for (const MarkEligible of [false, true]) {
    const state = new WatchedState();
    state.register(aNode());
    const DrainStrategy = { Deadline: -1, IgnoreSystemJobs: false, ForceDeadline: null, StartedAt: null };
    state.run(nodeDrain, { NodeID: "n1", DrainStrategy, MarkEligible: true, Evals: [] });
    if (!MarkEligible) state.run(nodeDrain, { NodeID: "n1", DrainStrategy: null, MarkEligible, Evals: [] });
    for (let other = 0; other < 64; other++) state.register(aNode("other"));
    assert.throws(() => state.place(anAllocation("a1", 1)), /web\.app\[a1\] is placed on a node that is ready/);
  }
});

test("an update that takes down more than its limit at once is noticed, and what is merely stopped is not", () => {
  const ids = ["a1", "a2", "a3"];
  const stopping = (DesiredDescription: string, count: number) => {
    const state = new WatchedState();
    state.register({ ...aNode(), Resources: node.parse({ Resources: resources(1000, 1000) }).Resources });
    const Update = { Stagger: 1, MaxParallel: 2 };
    const web = job.parse({ ID: "web", Namespace: "default", Type: "service", Update, TaskGroups: [{ Name: "app" }] });
    state.run(jobRegister, { Job: web, Eval: null });
    state.place(...ids.map((id) => anAllocation(id, 1)));
    const stopped = ids
      .slice(0, count)
      .map((id) => ({ ...anAllocation(id, 1), DesiredStatus: "stop", DesiredDescription }));
    return () => state.run(planResults, { Job: null, EvalID: "", NodeUpdate: { n1: stopped }, NodeAllocation: {} });
  };
  for (const reason of ["alloc is being updated due to job update", "alloc is being migrated"]) {
    stopping(reason, 2)();
    assert.throws(stopping(reason, 3), /an update of job web replaces 2 at once: 3 were/);
  }
  stopping("alloc not needed due to job update", 3)();
});

test("an index that comes twice is noticed", () => {
  const state = new WatchedState();
  const applied = state.run(nodeRegister, { Node: aNode(), Evals: [] });
  assert.throws(() => state.look(applied), /indexes grow: 1 after 1/);
});
