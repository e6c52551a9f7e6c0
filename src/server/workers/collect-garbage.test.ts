import assert from "node:assert/strict";
import { test } from "node:test";
import { hours, minutes, seconds } from "../../base/index.ts";
import type { Allocation, Evaluation, Job, Node } from "../../model/index.ts";
import { evaluationsDelete, jobRegister, nodeRegister, nodeStatus, State, type StateView } from "../../state/index.ts";
import { aJob, aNode, anAllocation, anEvaluation, aPeriodicJob, id } from "../testing/makers.ts";
import { testTenure } from "../testing/test-world.ts";
import { type CollectionKind, collectGarbage, defaultAges } from "./collect-garbage.ts";

interface Rows {
  readonly nodes?: readonly Node[];
  readonly jobs?: readonly Job[];
  readonly evaluations?: readonly Evaluation[];
  readonly allocations?: readonly Allocation[];
}

/** A view in which index 10 was reached an hour ago, index 20 four hours and index 30 a day ago; now is index 100. */
function view(rows: Rows): StateView {
  const filled = new State().view().assuming((write) => {
    for (const row of rows.nodes ?? []) write.put("nodes", row);
    for (const row of rows.jobs ?? []) write.put("jobs", row);
    for (const row of rows.evaluations ?? []) write.put("evaluations", row);
    for (const row of rows.allocations ?? []) write.put("allocations", row);
  });
  const reached = (instant: number) => {
    const age = now - instant;
    if (age >= hours(24)) return 10;
    if (age >= hours(4)) return 20;
    return age >= hours(1) ? 30 : 100;
  };
  return Object.assign(Object.create(filled), { index: 100, indexAt: reached });
}

const now = hours(1000);
const collect = (kind: CollectionKind, rows: Rows) => {
  const { evaluations, allocations, jobs, nodes } = collectGarbage(view(rows), kind, { now, ages: defaultAges });
  return { evaluations, allocations, jobs: jobs.map(({ ID }) => ID), nodes };
};

const nothing = { evaluations: [], allocations: [], jobs: [], nodes: [] };
const complete = (fields: object = {}) => anEvaluation({ Status: "complete", ModifyIndex: 30, ...fields });
const over = (fields: object = {}) => anAllocation({ ClientStatus: "complete", ModifyIndex: 30, ...fields });
const dead = (fields: object = {}) => aJob({ Type: "batch", Status: "dead", ModifyIndex: 20, ...fields });

test("an evaluation that is over for an hour is collected with its allocations", () => {
  const rows = { jobs: [aJob()], evaluations: [complete()], allocations: [over()] };
  assert.deepEqual(collect("eval-gc", rows), { ...nothing, evaluations: [id(100)], allocations: [id(200)] });
});

test("an evaluation stays while it is not over, is younger, or has an allocation that is either", () => {
  const rows = (evaluation: Evaluation, allocation?: Allocation) =>
    collect("eval-gc", { evaluations: [evaluation], allocations: allocation ? [allocation] : [] }).evaluations;
  assert.deepEqual(rows(complete({ Status: "blocked" })), []);
  assert.deepEqual(rows(complete({ ModifyIndex: 31 })), []);
  assert.deepEqual(rows(complete(), over({ ClientStatus: "running" })), []);
  assert.deepEqual(rows(complete(), over({ ModifyIndex: 31 })), []);
});

test("an allocation that is old is collected although its evaluation stays", () => {
  const allocations = [over(), over({ ID: id(201), ClientStatus: "running" })];
  const found = collect("eval-gc", { jobs: [aJob()], evaluations: [complete()], allocations });
  assert.deepEqual(found, { ...nothing, allocations: [id(200)] });
});

test("evaluations of a batch job stay with the job, and go without it", () => {
  const evaluations = [complete({ Type: "batch" })];
  assert.deepEqual(collect("eval-gc", { jobs: [dead()], evaluations, allocations: [over()] }), nothing);
  const found = collect("eval-gc", { evaluations, allocations: [over()] });
  assert.deepEqual(found, { ...nothing, evaluations: [id(100)], allocations: [id(200)] });
});

test("a batch job that is dead for four hours is collected with all that it left", () => {
  const evaluations = [complete({ Type: "batch", ModifyIndex: 20 })];
  const rows = { jobs: [dead()], evaluations, allocations: [over({ ModifyIndex: 20 })] };
  const all = { evaluations: [id(100)], allocations: [id(200)], jobs: ["web"], nodes: [] };
  assert.deepEqual(collect("job-gc", rows), all);
  assert.deepEqual(collect("eval-gc", rows), nothing);
});

test("a job that was stopped is collected, of whatever type and however little is left of it", () => {
  assert.deepEqual(collect("job-gc", { jobs: [dead({ Type: "service", Stop: true })] }).jobs, ["web"]);
  assert.deepEqual(collect("job-gc", { jobs: [aPeriodicJob({ Status: "dead", Stop: true })] }).jobs, ["cron"]);
});

test("jobs that may run again, that never ran, or of which something is young or alive are kept", () => {
  const kept = (job: Job, rows: Rows = {}) => assert.deepEqual(collect("job-gc", { ...rows, jobs: [job] }), nothing);
  kept(dead({ Type: "service" }));
  kept(dead({ Status: "running" }));
  kept(dead({ Status: "pending" }));
  kept(dead({ ModifyIndex: 21 }));
  kept(aPeriodicJob({ Status: "dead" }));
  kept(aPeriodicJob({ Status: "running" }, { Enabled: false }));
  kept(dead(), { evaluations: [complete({ ModifyIndex: 21 })] });
  kept(dead(), { evaluations: [complete({ Status: "pending", ModifyIndex: 1 })] });
  kept(dead(), { allocations: [over({ ModifyIndex: 21 })] });
  kept(dead(), { allocations: [over({ ClientStatus: "running", ModifyIndex: 1 })] });
});

test("a node that is down for a day and empty is collected", () => {
  const gone = (fields: object, allocations: readonly Allocation[] = []) =>
    collect("node-gc", { nodes: [aNode({ ModifyIndex: 10, Status: "down", ...fields })], allocations }).nodes;
  assert.deepEqual(gone({}), [id(1)]);
  assert.deepEqual(gone({}, [over({ ModifyIndex: 99 })]), [id(1)]);
  assert.deepEqual(gone({ Status: "ready" }), []);
  assert.deepEqual(gone({ ModifyIndex: 11 }), []);
  assert.deepEqual(gone({}, [over({ ClientStatus: "running" })]), []);
});

test("ages can be chosen", () => {
  const rows = view({ nodes: [aNode({ ModifyIndex: 30, Status: "down" })] });
  const ages = { ...defaultAges, node: minutes(90) };
  assert.deepEqual(collectGarbage(rows, "node-gc", { now, ages }).nodes, [id(1)]);
});

test("a forced collection takes all that is over, whatever its age, each thing once", () => {
  const found = collect("force-gc", {
    nodes: [aNode({ Status: "down", ModifyIndex: 99 })],
    jobs: [dead({ ModifyIndex: 99 }), aJob({ ID: "db", Status: "running" })],
    evaluations: [
      complete({ Type: "batch", ModifyIndex: 99 }),
      complete({ ID: id(101), ModifyIndex: 99 }),
      complete({ ID: id(102), JobID: "db", ModifyIndex: 99 }),
      complete({ ID: id(103), JobID: "db", Status: "pending" }),
    ],
    allocations: [
      over({ ModifyIndex: 99 }),
      over({ ID: id(201), JobID: "db", EvalID: id(102), ClientStatus: "running" }),
    ],
  });
  assert.deepEqual(found, {
    evaluations: [id(100), id(101)],
    allocations: [id(200)],
    jobs: ["web"],
    nodes: [],
  });
});

test("where nothing else is written, each is collected as soon as it is of age", async () => {
  const { state, runtime } = testTenure();
  const register = (Type: string, n: number) => {
    const [Job, job] = [aJob({ ID: Type, Type }), { JobID: Type, Type }];
    return state.propose(jobRegister, { Job, Eval: complete({ ID: id(n), ...job }) });
  };
  await state.propose(nodeRegister, { Node: aNode(), Evals: [] });
  await register("service", 100);
  await register("batch", 101);
  await runtime.clock.advance(seconds(1));
  await state.propose(nodeStatus, { NodeID: id(1), Status: "down", Evals: [] });
  const found = (kind: CollectionKind) => {
    const context = { now: runtime.clock.now(), ages: defaultAges };
    const { evaluations, jobs, nodes } = collectGarbage(state.view(), kind, context);
    return [...evaluations, ...jobs.map(({ ID }) => ID), ...nodes];
  };
  await runtime.clock.advance(minutes(59));
  assert.deepEqual(found("eval-gc"), []);
  await runtime.clock.advance(minutes(1));
  assert.deepEqual(found("eval-gc"), [id(100)]);
  await state.propose(evaluationsDelete, { Evals: [id(100)], Allocs: [] });
  await runtime.clock.advance(minutes(179));
  assert.deepEqual(found("job-gc"), []);
  await runtime.clock.advance(minutes(1));
  assert.deepEqual(found("job-gc"), [id(101), "batch"]);
  await runtime.clock.advance(hours(19));
  assert.deepEqual(found("node-gc"), []);
  await runtime.clock.advance(hours(1));
  assert.deepEqual(found("node-gc"), [id(1)]);
});
