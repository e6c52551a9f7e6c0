import assert from "node:assert/strict";
import { test } from "node:test";
import { noClusterLeader, RpcError } from "../../api/index.ts";
import { type Duration, instantOf, milliseconds, seconds } from "../../base/index.ts";
import { type Evaluation, type Job, type Plan, type PlanResult, planResult } from "../../model/index.ts";
import { ManualClock, settled } from "../../runtime/index.ts";
import type { SchedulingOutcome } from "../../scheduler/index.ts";
import { evaluationsUpdate, jobRegister, nodeRegister } from "../../state/index.ts";
import { aJob, aNode, anEvaluation, id } from "../testing/makers.ts";
import { ScriptedLeader } from "../testing/scripted-leader.ts";
import { stateOf, testTenure } from "../testing/test-world.ts";
import { defaultAges } from "./collect-garbage.ts";
import { EvaluationWorker } from "./evaluation-worker.ts";
import { InlinePool, type SchedulerPool } from "./scheduler-pool.ts";

type Scripted = ConstructorParameters<typeof ScriptedLeader>[0];

/** What the leader says when all goes well: it commits whatever is proposed. */
const goingWell: Scripted = {
  "Eval.Finish": { Refused: [] },
  "Eval.Nack": {},
  "Plan.Submit": ({ Plan }: { Plan: Plan }) => ({ Result: committed(Plan) }),
};

function committed(plan: Plan): PlanResult {
  return { ...planResult.parse({}), NodeUpdate: plan.NodeUpdate, NodeAllocation: plan.NodeAllocation, AllocIndex: 3 };
}

/** What the leader tells of an evaluation that it gives out. */
function delivered(Eval: Evaluation, WaitIndex: number) {
  return { EvalID: Eval.ID, Token: `token of ${Eval.ID}`, WaitIndex, Eval: Eval.Type === "_core" ? Eval : null };
}

/** A worker whose leader has these evaluations for it; the state has them, a node and the job "web". */
async function working(
  evaluations: readonly Evaluation[],
  options: {
    readonly replies?: Scripted;
    readonly pool?: SchedulerPool;
    readonly job?: object;
    readonly jobs?: readonly Job[];
    readonly nodes?: number;
    readonly waitIndex?: number;
    /** How long looking at each evaluation takes. */
    readonly lookFor?: readonly Duration[];
    /** How many evaluations the leader gives at once. */
    readonly together?: number;
  } = {},
) {
  const { state, runtime, log } = testTenure();
  for (let node = 1; node <= (options.nodes ?? 1); node++) {
    await state.propose(nodeRegister, { Node: aNode({ ID: id(node) }), Evals: [] });
  }
  for (const Job of options.jobs ?? [aJob({ ...options.job })]) await state.propose(jobRegister, { Job, Eval: null });
  const stored = evaluations.filter(({ Type }) => Type !== "_core");
  if (stored.length > 0) await state.propose(evaluationsUpdate, { Evals: stored });
  const waiting = [...evaluations];
  const leader = new ScriptedLeader({
    "Eval.Dequeue": (_: never, { signal }) => {
      const taken = waiting.splice(0, options.together ?? 1);
      const WaitIndex = options.waitIndex ?? 0;
      if (taken.length > 0) return { Delivered: taken.map((Eval) => delivered(Eval, WaitIndex)) };
      return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
    },
    ...goingWell,
    ...options.replies,
  });
  const ended = new AbortController();
  const lookFor = [...(options.lookFor ?? [])];
  const inline = options.pool ?? new InlinePool(new ManualClock());
  const pool: SchedulerPool = {
    schedule: async (view, evaluation, now) => {
      const time = lookFor.shift();
      if (time !== undefined) await runtime.clock.advance(time);
      return inline.schedule(view, evaluation, now);
    },
  };
  const collaborators = { rpc: leader, state, pool };
  const worker = new EvaluationWorker(runtime, collaborators, { schedulers: ["service", "_core"], ages: defaultAges });
  const running = worker.run(ended.signal);
  await settled();
  const request = (method: string) => leader.asked.find(([name]) => name === method)?.[1] as Record<string, unknown>;
  return { leader, runtime, log, state, running, request, end: () => ended.abort(new Error("shutting down")) };
}

/** What was said of finished evaluations, one after the other. */
function finishedBy(leader: ScriptedLeader) {
  type Finished = { readonly EvalID: string; readonly Token: string; readonly Evals: Evaluation[] };
  return leader.asked.flatMap(([name, request]) =>
    name === "Eval.Finish" ? (request as unknown as { Finished: Finished[] }).Finished : [],
  );
}

test("an evaluation is taken, scheduled, its plan submitted, and its end stored and acknowledged", async () => {
  const { leader, request, runtime, end, running } = await working([anEvaluation()]);
  assert.deepEqual(leader.methods, ["Eval.Dequeue", "Plan.Submit", "Eval.Finish", "Eval.Dequeue"]);
  const Timeout = milliseconds(500);
  assert.deepEqual(request("Eval.Dequeue"), { Schedulers: ["service", "_core"], Timeout, Most: 32 });
  const { Plan } = request("Plan.Submit") as { Plan: Plan };
  assert.deepEqual([Plan.EvalID, Plan.EvalToken], [id(100), `token of ${id(100)}`]);
  assert.equal(Object.values(Plan.NodeAllocation).flat().length, 1);
  const [{ EvalID, Token, Evals } = assert.fail("nothing was finished")] = finishedBy(leader);
  assert.deepEqual([EvalID, Token], [id(100), Plan.EvalToken]);
  assert.deepEqual([Evals.length, Evals[0]?.Status, Evals[0]?.QueuedAllocations.app], [1, "complete", 0]);
  assert.deepEqual(runtime.logged, [
    `[DEBUG] worker: dequeued evaluation evaluationID=${id(100)}`,
    `[DEBUG] worker: acknowledged evaluation evaluationID=${id(100)}`,
  ]);
  end();
  await running;
});

test("a large plan is submitted part by part, each of which has seen those before; its job is named once", async () => {
  const oneTask = { Name: "t", Driver: "mock", Resources: { CPU: 1, MemoryMB: 1, DiskMB: 1 } };
  const TaskGroups = [{ Name: "app", Count: 1250, Tasks: [{ ...aJob().TaskGroups[0]!.Tasks[0]!, ...oneTask }] }];
  let index = 100;
  const { leader } = await working([anEvaluation()], {
    nodes: 30,
    job: { TaskGroups },
    replies: { "Plan.Submit": ({ Plan }: { Plan: Plan }) => ({ Result: { ...committed(Plan), AllocIndex: ++index } }) },
  });
  const asked = leader.asked.flatMap(([name, request]) =>
    name === "Plan.Submit" ? [request as { Plan: Plan; JobOf: string }] : [],
  );
  assert.deepEqual(
    asked.map(({ Plan }) => [Plan.Job?.ID, Plan.SnapshotIndex]),
    [
      ["web", 32],
      [undefined, 101],
      [undefined, 102],
    ],
  );
  const first = Object.values(asked[0]?.Plan.NodeAllocation ?? {})[0]?.[0]?.ID;
  assert.deepEqual(
    asked.map(({ JobOf }) => JobOf),
    ["", first, first],
  );
  const placed = asked.flatMap(({ Plan }) => Object.values(Plan.NodeAllocation).flat());
  assert.equal(new Set(placed.map(({ ID }) => ID)).size, 1250);
  const [{ Evals } = assert.fail("nothing was finished")] = finishedBy(leader);
  assert.deepEqual([Evals.length, Evals[0]?.Status, Evals[0]?.QueuedAllocations.app], [1, "complete", 0]);
});

test("evaluations that come together are looked at beside each other, and finished together", async () => {
  const evaluations = [100, 101, 102].map((number) => anEvaluation({ ID: id(number), JobID: `job ${number}` }));
  // Each wants six of the ten places that the node has: the second finds four, the third none.
  const job = (ID: string) => aJob({ ID, TaskGroups: [{ ...aJob().TaskGroups[0]!, Count: 6 }] });
  const { leader } = await working(evaluations, { together: 3, jobs: evaluations.map(({ JobID }) => job(JobID)) });
  assert.deepEqual(leader.methods.slice(0, 4), ["Eval.Dequeue", "Plan.Submit", "Plan.Submit", "Eval.Finish"]);
  const plans = leader.asked.flatMap(([name, asked]) => (name === "Plan.Submit" ? (asked as { Plan: Plan }).Plan : []));
  const placed = plans.map(({ NodeAllocation }) => Object.values(NodeAllocation).flat().length);
  assert.deepEqual(placed, [6, 4]);
  const finished = finishedBy(leader);
  const waiting = finished.map(({ Evals }) => Evals.map(({ Status }) => Status));
  assert.deepEqual(waiting, [["complete"], ["blocked", "complete"], ["blocked", "complete"]]);
  const seen = finished.flatMap(({ Evals }) => Evals.map(({ SnapshotIndex }) => SnapshotIndex));
  assert.deepEqual(new Set(seen), new Set([5]), "nobody has seen more than the state held");
});

test("of evaluations that come together, the one that cannot be decided is given back, the others go on", async () => {
  const inline = new InlinePool(new ManualClock());
  const pool: SchedulerPool = {
    schedule: (view, evaluation, now) =>
      evaluation.ID === id(101) ? Promise.reject(new Error("no such thing")) : inline.schedule(view, evaluation, now),
  };
  const evaluations = [100, 101, 102].map((number) => anEvaluation({ ID: id(number) }));
  const { leader, request } = await working(evaluations, { together: 3, pool });
  assert.deepEqual(
    finishedBy(leader).map(({ EvalID }) => EvalID),
    [id(100), id(102)],
  );
  assert.equal(request("Eval.Nack").EvalID, id(101));
});

test("an evaluation is not looked at before all is here that was planned for its job elsewhere", async () => {
  const { leader, state } = await working([anEvaluation()], { waitIndex: 4 });
  assert.deepEqual(leader.methods, ["Eval.Dequeue"]);
  await state.propose(nodeRegister, { Node: aNode(), Evals: [] });
  await settled();
  assert.deepEqual(leader.methods.slice(1, 2), ["Plan.Submit"]);
});

test("what does not fit waits as a blocked evaluation", async () => {
  const { leader } = await working([anEvaluation()], {
    job: { TaskGroups: [{ Name: "app", Count: 11, Tasks: aJob().TaskGroups[0]?.Tasks }] },
  });
  assert.deepEqual(leader.methods.slice(1, 3), ["Plan.Submit", "Eval.Finish"]);
  const [created, updated] = finishedBy(leader)[0]?.Evals ?? [];
  assert.deepEqual([created?.Status, created?.PreviousEval], ["blocked", id(100)]);
  assert.deepEqual([updated?.BlockedEval, updated?.QueuedAllocations.app], [created?.ID, 1]);
});

test("a blocked evaluation that still does not fit is put back as it is", async () => {
  const { leader } = await working([anEvaluation({ Status: "blocked" })], {
    job: { Constraints: [{ LTarget: "${attr.kernel.name}", RTarget: "plan9", Operand: "=" }] },
  });
  assert.deepEqual(leader.methods.slice(1, 2), ["Eval.Finish"]);
  const [reblocked] = finishedBy(leader)[0]?.Evals ?? [];
  assert.deepEqual([reblocked?.ID, reblocked?.Status, reblocked?.QueuedAllocations.app], [id(100), "blocked", 1]);
});

test("when part of a plan is refused it is scheduled again on a state that is new enough", async () => {
  const views: number[] = [];
  const inline = new InlinePool(new ManualClock());
  const pool: SchedulerPool = {
    schedule: (view, evaluation, now) => {
      views.push(view.index);
      return inline.schedule(view, evaluation, now);
    },
  };
  let submissions = 0;
  const { leader, state } = await working([anEvaluation()], {
    pool,
    replies: {
      "Plan.Submit": ({ Plan }: { Plan: Plan }) => {
        submissions += 1;
        return { Result: submissions === 1 ? { ...planResult.parse({}), RefreshIndex: 4 } : committed(Plan) };
      },
    },
  });
  assert.deepEqual(leader.methods, ["Eval.Dequeue", "Plan.Submit"]);
  await state.propose(evaluationsUpdate, { Evals: [] });
  await settled();
  assert.deepEqual(leader.methods.slice(2, 4), ["Plan.Submit", "Eval.Finish"]);
  assert.deepEqual(views, [3, 4]);
});

test("an evaluation whose plans are always refused fails, and what is left to do waits", async () => {
  const refused = { Result: { ...planResult.parse({}), RefreshIndex: 1 } };
  const { leader, request } = await working([anEvaluation()], { replies: { "Plan.Submit": refused } });
  assert.deepEqual(leader.methods.slice(1, 7), [...Array(5).fill("Plan.Submit"), "Eval.Finish"]);
  const [created, updated] = finishedBy(leader)[0]?.Evals ?? [];
  assert.deepEqual([created?.TriggeredBy, updated?.Status], ["max-plan-attempts", "failed"]);
  const { Plan } = request("Plan.Submit") as { Plan: Plan };
  const placed = Object.values(Plan.NodeAllocation).flat();
  assert.notEqual(placed.length, 0);
  assert.ok(
    placed.every(({ ID }) => ID !== created?.ID),
    "an id is drawn once",
  );
});

test("an evaluation that is over by now is acknowledged, and nothing is done for it", async () => {
  const { leader } = await working([anEvaluation({ Status: "canceled" })]);
  assert.deepEqual(leader.methods, ["Eval.Dequeue", "Eval.Finish", "Eval.Dequeue"]);
  assert.deepEqual(finishedBy(leader), [{ EvalID: id(100), Token: `token of ${id(100)}`, Evals: [] }]);
});

test("an evaluation is found whatever the case of its id", async () => {
  const { leader } = await working([anEvaluation({ ID: "ABCDEF" })]);
  assert.deepEqual(leader.methods.slice(0, 3), ["Eval.Dequeue", "Plan.Submit", "Eval.Finish"]);
});

test("an evaluation that this server's state does not reach within five seconds is left to others", async () => {
  const { leader, runtime, request, state } = await working([anEvaluation()], { waitIndex: 5 });
  await runtime.clock.advance(milliseconds(4900));
  assert.deepEqual(leader.methods, ["Eval.Dequeue"]);
  await runtime.clock.advance(milliseconds(100));
  assert.deepEqual(leader.methods, ["Eval.Dequeue", "Eval.Nack"]);
  assert.deepEqual(request("Eval.Nack"), { EvalID: id(100), Token: `token of ${id(100)}` });
  await runtime.clock.advance(seconds(50));
  assert.deepEqual(leader.methods, ["Eval.Dequeue", "Eval.Nack"], "it would be given the same again");
  for (const _ of [4, 5]) await state.propose(evaluationsUpdate, { Evals: [] });
  await settled();
  assert.deepEqual(leader.methods, ["Eval.Dequeue", "Eval.Nack", "Eval.Dequeue"]);
});

test("who looked in vain for room that was then not taken looks again", async () => {
  const evaluations = [100, 101, 102].map((number) => anEvaluation({ ID: id(number), JobID: `job ${number}` }));
  const jobs = evaluations.map(({ JobID: ID }) => aJob({ ID, TaskGroups: [{ ...aJob().TaskGroups[0]!, Count: 6 }] }));
  const replies: Scripted = {
    "Plan.Submit": ({ Plan }: { Plan: Plan }) => {
      if (Plan.EvalID === id(100)) throw new RpcError("evaluation token does not match");
      return { Result: committed(Plan) };
    },
  };
  const { leader, runtime } = await working(evaluations, { together: 3, jobs, replies });
  for (const _ of evaluations) await runtime.clock.advance(milliseconds(0));
  const finished = finishedBy(leader).map(({ EvalID, Evals }) => [EvalID, Evals.map(({ Status }) => Status)]);
  assert.deepEqual(finished, [
    [id(101), ["complete"]],
    [id(102), ["complete"]],
  ]);
});

test("what goes wrong on the way gives the evaluation back, and the worker goes on with the next", async () => {
  const failing: [what: string, replies: Scripted, pool?: SchedulerPool][] = [
    ["the plan", { "Plan.Submit": new RpcError("evaluation token does not match") }],
    ["the end", { "Eval.Finish": new RpcError(noClusterLeader) }],
    ["a plan without a result", { "Plan.Submit": { Result: null } }],
    ["the scheduler", {}, { schedule: () => Promise.reject<SchedulingOutcome>(new TypeError("no such thing")) }],
  ];
  for (const [what, replies, pool] of failing) {
    const { leader, runtime, end, running } = await working([anEvaluation()], { replies, pool });
    assert.deepEqual(leader.methods.slice(-2), ["Eval.Nack", "Eval.Dequeue"], what);
    assert.deepEqual(what === "the end" ? [] : finishedBy(leader), [], what);
    assert.ok(
      runtime.logged.some((line) => line.includes("cannot finish evaluation, giving it back")),
      what,
    );
    end();
    await running;
  }
});

test("an end that the leader does not take is given back, and no reason to wait", async () => {
  const Reason = "evaluation is not blocked";
  const replies = { "Eval.Finish": { Refused: [{ EvalID: id(100), Reason }] } };
  const { leader, runtime } = await working([anEvaluation(), anEvaluation({ ID: id(101) })], { replies });
  const methods = ["Eval.Dequeue", "Plan.Submit", "Eval.Finish", "Eval.Nack", "Eval.Dequeue", "Plan.Submit"];
  assert.deepEqual(leader.methods.slice(0, 6), methods);
  assert.ok(runtime.logged.some((line) => line.includes("giving it back") && line.includes(Reason)));
});

test("who was slow takes one evaluation at a time, for others to have a part in them", async () => {
  const lookFor = [milliseconds(100), milliseconds(1)];
  const { leader } = await working([anEvaluation(), anEvaluation({ ID: id(101) })], { lookFor });
  await settled();
  await settled();
  const most = leader.asked.flatMap(([name, asked]) =>
    name === "Eval.Dequeue" ? (asked as { Most: number }).Most : [],
  );
  assert.deepEqual(most, [32, 1, 32]);
});

test("without a leader it asks again after half a second, two, eight, and then every ten seconds", async () => {
  const { leader, runtime, end, running } = await working([], {
    replies: { "Eval.Dequeue": new RpcError(noClusterLeader) },
  });
  const asked: number[] = [];
  const began = runtime.clock.now();
  for (let step = 0; step < 70; step++) {
    const before = leader.asked.length;
    await runtime.clock.advance(milliseconds(500));
    if (leader.asked.length > before) asked.push((runtime.clock.now() - began) / 1e9);
  }
  assert.deepEqual(asked, [0.5, 2.5, 10.5, 20.5, 30.5]);
  assert.equal(runtime.logged.filter((line) => line.includes("failed to dequeue evaluation")).length, 3);
  end();
  await running;
  assert.equal(runtime.clock.waiting, 0);
});

test("back-off begins anew when the leader was there", async () => {
  let calls = 0;
  const { leader, runtime } = await working([], {
    replies: {
      "Eval.Dequeue": () => {
        calls += 1;
        if (calls === 3) return { Delivered: [] };
        throw new RpcError(noClusterLeader);
      },
    },
  });
  await runtime.clock.advance(milliseconds(2500));
  assert.equal(leader.asked.length, 4);
  await runtime.clock.advance(milliseconds(500));
  assert.equal(leader.asked.length, 5);
});

test("it ends at once when told and gives back what it holds, save that it waits for the outcome of a plan", async () => {
  const idle = await working([]);
  idle.end();
  await idle.running;
  const never = () => new Promise<never>(() => {});
  const behind = await working([anEvaluation()], { waitIndex: 9 });
  behind.end();
  await behind.running;
  assert.deepEqual(behind.leader.methods, ["Eval.Dequeue", "Eval.Nack"]);
  assert.equal(behind.runtime.clock.waiting, 0);
  const planning = await working([anEvaluation()], { replies: { "Plan.Submit": never } });
  planning.end();
  assert.equal(await stateOf(planning.running), "waits");
});

test("told to end among evaluations that came together, it looks at no more of them", async () => {
  const looked: string[] = [];
  let end = () => {};
  const pool: SchedulerPool = {
    schedule: (view, evaluation, now) => {
      looked.push(evaluation.ID);
      end();
      return new InlinePool(new ManualClock()).schedule(view, evaluation, now);
    },
  };
  const evaluations = [100, 101, 102].map((number) => anEvaluation({ ID: id(number) }));
  const world = await working(evaluations, { together: 3, pool, waitIndex: 4 });
  end = world.end;
  await world.state.propose(evaluationsUpdate, { Evals: [] });
  await world.running;
  assert.deepEqual(looked, [id(100)]);
  const back = world.leader.asked
    .filter(([name]) => name === "Eval.Nack")
    .map(([, asked]) => (asked as { EvalID: string }).EvalID);
  assert.deepEqual(back, [id(101), id(102)]);
});

test("housekeeping is done and acknowledged, without a plan", async () => {
  const { leader, runtime } = await working([anEvaluation({ Type: "_core", JobID: "force-gc" })]);
  assert.deepEqual(leader.methods, ["Eval.Dequeue", "Eval.Finish", "Eval.Dequeue"]);
  assert.ok(
    runtime.logged.includes(
      "[DEBUG] sched.core: collected garbage kind=force-gc evaluations=0 allocations=0 jobs=0 nodes=0",
    ),
  );
});

test("two decisions on the same view are the same, two decisions of one run are not", async () => {
  const { state } = await working([]);
  const pool = new InlinePool(new ManualClock());
  const now = instantOf(seconds(1));
  const [one, other] = [1, 2].map(() => pool.schedule(state.view(), anEvaluation(), now));
  assert.deepEqual((await one)?.plan, (await other)?.plan);
  const later = await pool.schedule(state.view(), anEvaluation({ ID: id(101) }), now);
  assert.notDeepEqual(Object.values(later.plan.NodeAllocation), Object.values((await one)?.plan.NodeAllocation ?? {}));
});
