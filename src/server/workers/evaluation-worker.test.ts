import assert from "node:assert/strict";
import { test } from "node:test";
import { noClusterLeader, RpcError } from "../../api/index.ts";
import { instantOf, milliseconds, seconds } from "../../base/index.ts";
import { type Evaluation, type Plan, type PlanResult, planResult } from "../../model/index.ts";
import { settled } from "../../runtime/index.ts";
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
  "Eval.Create": {},
  "Eval.Update": {},
  "Eval.Reblock": {},
  "Eval.Ack": {},
  "Eval.Nack": {},
  "Plan.Submit": ({ Plan }: { Plan: Plan }) => ({ Result: committed(Plan) }),
};

function committed(plan: Plan): PlanResult {
  return { ...planResult.parse({}), NodeUpdate: plan.NodeUpdate, NodeAllocation: plan.NodeAllocation, AllocIndex: 3 };
}

/** A worker whose leader has these evaluations for it; the state has a node and the job "web". */
async function working(
  evaluations: readonly Evaluation[],
  options: {
    readonly replies?: Scripted;
    readonly pool?: SchedulerPool;
    readonly job?: object;
    readonly waitIndex?: number;
  } = {},
) {
  const { state, runtime, log } = testTenure();
  await state.propose(nodeRegister, { Node: aNode(), Evals: [] });
  await state.propose(jobRegister, { Job: aJob({ ...options.job }), Eval: null });
  const waiting = [...evaluations];
  const leader = new ScriptedLeader({
    "Eval.Dequeue": (_: never, { signal }) => {
      const Eval = waiting.shift();
      if (Eval !== undefined) return { Eval, Token: `token of ${Eval.ID}`, WaitIndex: options.waitIndex ?? 0 };
      return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
    },
    ...goingWell,
    ...options.replies,
  });
  const ended = new AbortController();
  const pool = options.pool ?? new InlinePool();
  const collaborators = { rpc: leader, state, pool };
  const worker = new EvaluationWorker(runtime, collaborators, { schedulers: ["service", "_core"], ages: defaultAges });
  const running = worker.run(ended.signal);
  await settled();
  const request = (method: string) => leader.asked.find(([name]) => name === method)?.[1] as Record<string, unknown>;
  return { leader, runtime, log, state, running, request, end: () => ended.abort(new Error("shutting down")) };
}

test("an evaluation is taken, scheduled, its plan submitted, its end stored, and it is acknowledged", async () => {
  const { leader, request, runtime, end, running } = await working([anEvaluation()]);
  assert.deepEqual(leader.methods, ["Eval.Dequeue", "Plan.Submit", "Eval.Update", "Eval.Ack", "Eval.Dequeue"]);
  assert.deepEqual(request("Eval.Dequeue"), { Schedulers: ["service", "_core"], Timeout: milliseconds(500) });
  const { Plan } = request("Plan.Submit") as { Plan: Plan };
  assert.deepEqual([Plan.EvalID, Plan.EvalToken], [id(100), `token of ${id(100)}`]);
  assert.equal(Object.values(Plan.NodeAllocation).flat().length, 1);
  const { Evals, EvalToken } = request("Eval.Update") as { Evals: Evaluation[]; EvalToken: string };
  assert.deepEqual([Evals[0]?.Status, Evals[0]?.QueuedAllocations.app, EvalToken], ["complete", 0, Plan.EvalToken]);
  assert.deepEqual(request("Eval.Ack"), { EvalID: id(100), Token: Plan.EvalToken });
  assert.deepEqual(runtime.logged, [
    `[DEBUG] worker: dequeued evaluation evaluationID=${id(100)}`,
    `[DEBUG] worker: acknowledged evaluation evaluationID=${id(100)}`,
  ]);
  end();
  await running;
});

test("an evaluation is not looked at before all is here that was planned for its job elsewhere", async () => {
  const { leader, state } = await working([anEvaluation()], { waitIndex: 3 });
  assert.deepEqual(leader.methods, ["Eval.Dequeue"]);
  await state.propose(nodeRegister, { Node: aNode(), Evals: [] });
  await settled();
  assert.deepEqual(leader.methods.slice(1, 2), ["Plan.Submit"]);
});

test("what does not fit waits as a blocked evaluation, which is created before the plan is submitted", async () => {
  const { leader, request } = await working([anEvaluation()], {
    job: { TaskGroups: [{ Name: "app", Count: 11, Tasks: aJob().TaskGroups[0]?.Tasks }] },
  });
  assert.deepEqual(leader.methods.slice(1, 5), ["Eval.Create", "Plan.Submit", "Eval.Update", "Eval.Ack"]);
  const [created] = (request("Eval.Create") as { Evals: Evaluation[] }).Evals;
  const [updated] = (request("Eval.Update") as { Evals: Evaluation[] }).Evals;
  assert.deepEqual([created?.Status, created?.PreviousEval], ["blocked", id(100)]);
  assert.deepEqual([updated?.BlockedEval, updated?.QueuedAllocations.app], [created?.ID, 1]);
});

test("a blocked evaluation that still does not fit is put back as it is", async () => {
  const { leader, request } = await working([anEvaluation({ Status: "blocked" })], {
    job: { Constraints: [{ LTarget: "${attr.kernel.name}", RTarget: "plan9", Operand: "=" }] },
  });
  assert.deepEqual(leader.methods.slice(1, 3), ["Eval.Reblock", "Eval.Ack"]);
  const [reblocked] = (request("Eval.Reblock") as { Evals: Evaluation[] }).Evals;
  assert.deepEqual([reblocked?.ID, reblocked?.Status, reblocked?.QueuedAllocations.app], [id(100), "blocked", 1]);
});

test("when part of a plan is refused it is scheduled again on a state that is new enough", async () => {
  const views: number[] = [];
  const inline = new InlinePool();
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
        return { Result: submissions === 1 ? { ...planResult.parse({}), RefreshIndex: 3 } : committed(Plan) };
      },
    },
  });
  assert.deepEqual(leader.methods, ["Eval.Dequeue", "Plan.Submit"]);
  await state.propose(evaluationsUpdate, { Evals: [] });
  await settled();
  assert.deepEqual(leader.methods.slice(2, 5), ["Plan.Submit", "Eval.Update", "Eval.Ack"]);
  assert.deepEqual(views, [2, 3]);
});

test("an evaluation whose plans are always refused fails, and what is left to do waits", async () => {
  const refused = { Result: { ...planResult.parse({}), RefreshIndex: 1 } };
  const { leader, request } = await working([anEvaluation()], { replies: { "Plan.Submit": refused } });
  const methods = leader.methods.slice(1, 9);
  assert.deepEqual(methods, [...Array(5).fill("Plan.Submit"), "Eval.Create", "Eval.Update", "Eval.Ack"]);
  const [created] = (request("Eval.Create") as { Evals: Evaluation[] }).Evals;
  const [updated] = (request("Eval.Update") as { Evals: Evaluation[] }).Evals;
  assert.deepEqual([created?.TriggeredBy, updated?.Status], ["max-plan-attempts", "failed"]);
  const { Plan } = request("Plan.Submit") as { Plan: Plan };
  const placed = Object.values(Plan.NodeAllocation).flat();
  assert.notEqual(placed.length, 0);
  assert.ok(
    placed.every(({ ID }) => ID !== created?.ID),
    "an id is drawn once",
  );
});

test("an evaluation is scheduled on a state that holds it", async () => {
  const { leader, state } = await working([anEvaluation({ ModifyIndex: 3 })]);
  assert.deepEqual(leader.methods, ["Eval.Dequeue"]);
  await state.propose(evaluationsUpdate, { Evals: [] });
  await settled();
  assert.deepEqual(leader.methods[1], "Plan.Submit");
});

test("an evaluation that this server's state does not reach within five seconds is given back", async () => {
  const { leader, runtime, request } = await working([anEvaluation({ ModifyIndex: 9 })]);
  await runtime.clock.advance(milliseconds(4900));
  assert.deepEqual(leader.methods, ["Eval.Dequeue"]);
  await runtime.clock.advance(milliseconds(100));
  assert.deepEqual(leader.methods, ["Eval.Dequeue", "Eval.Nack", "Eval.Dequeue"]);
  assert.deepEqual(request("Eval.Nack"), { EvalID: id(100), Token: `token of ${id(100)}` });
});

test("what goes wrong on the way gives the evaluation back, and the worker goes on with the next", async () => {
  const failing: [what: string, replies: Scripted, pool?: SchedulerPool][] = [
    ["the plan", { "Plan.Submit": new RpcError("evaluation token does not match") }],
    ["the end", { "Eval.Update": new RpcError(noClusterLeader) }],
    ["a plan without a result", { "Plan.Submit": { Result: null } }],
    ["the scheduler", {}, { schedule: () => Promise.reject<SchedulingOutcome>(new TypeError("no such thing")) }],
  ];
  for (const [what, replies, pool] of failing) {
    const { leader, runtime, end, running } = await working([anEvaluation()], { replies, pool });
    assert.deepEqual(leader.methods.slice(-2), ["Eval.Nack", "Eval.Dequeue"], what);
    assert.ok(!leader.methods.includes("Eval.Ack"), what);
    assert.ok(
      runtime.logged.some((line) => line.includes("cannot finish evaluation, giving it back")),
      what,
    );
    end();
    await running;
  }
});

test("an answer that the leader does not take is no reason to wait", async () => {
  const replies = { "Eval.Ack": new RpcError("Token does not match for Evaluation ID") };
  const { leader, runtime } = await working([anEvaluation(), anEvaluation({ ID: id(101) })], { replies });
  assert.equal(leader.methods.filter((method) => method === "Eval.Ack").length, 2);
  assert.ok(runtime.logged.some((line) => line.startsWith("[WARN] worker: cannot answer for evaluation")));
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
        if (calls === 3) return { Eval: null, Token: "", WaitIndex: 0 };
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
  const behind = await working([anEvaluation({ ModifyIndex: 9 })]);
  behind.end();
  await behind.running;
  assert.deepEqual(behind.leader.methods, ["Eval.Dequeue", "Eval.Nack"]);
  assert.equal(behind.runtime.clock.waiting, 0);
  const planning = await working([anEvaluation()], { replies: { "Plan.Submit": never } });
  planning.end();
  assert.equal(await stateOf(planning.running), "waits");
});

test("housekeeping is done and acknowledged, without a plan", async () => {
  const { leader, runtime } = await working([anEvaluation({ Type: "_core", JobID: "force-gc" })]);
  assert.deepEqual(leader.methods, ["Eval.Dequeue", "Eval.Ack", "Eval.Dequeue"]);
  assert.ok(
    runtime.logged.includes(
      "[DEBUG] sched.core: collected garbage kind=force-gc evaluations=0 allocations=0 jobs=0 nodes=0",
    ),
  );
});

test("two decisions on the same view are the same, two decisions of one run are not", async () => {
  const { state } = await working([]);
  const pool = new InlinePool();
  const now = instantOf(seconds(1));
  const [one, other] = [1, 2].map(() => pool.schedule(state.view(), anEvaluation(), now));
  assert.deepEqual((await one)?.plan, (await other)?.plan);
  const later = await pool.schedule(state.view(), anEvaluation({ ID: id(101) }), now);
  assert.notDeepEqual(Object.values(later.plan.NodeAllocation), Object.values((await one)?.plan.NodeAllocation ?? {}));
});
