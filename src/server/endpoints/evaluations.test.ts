import assert from "node:assert/strict";
import { test } from "node:test";
import {
  dequeueEvaluations,
  finishEvaluations,
  getEvaluation,
  listEvaluations,
  reapEvaluations,
  refuseEvaluation,
  submitPlan,
} from "../../api/index.ts";
import { milliseconds, seconds } from "../../base/index.ts";
import type { Evaluation } from "../../model/index.ts";
import { evaluationsUpdate } from "../../state/index.ts";
import { aNode, anAllocation, anEvaluation, aPlan, id } from "../testing/makers.ts";
import { type TestServer, testServer } from "../testing/test-server.ts";
import { stateOf } from "../testing/test-world.ts";

const refusal = (message: string | RegExp) => ({ name: "RpcError", message });
const take = async (server: TestServer, Timeout = seconds(1) as number, Most = 1) =>
  (await server.ask(dequeueEvaluations, { Schedulers: ["service"], Timeout, Most })).reply.Delivered;

/** The evaluation that was delivered, which every server has. */
const kept = (server: TestServer, { EvalID }: { readonly EvalID: string }) =>
  server.state.view().evaluations.get(EvalID) ?? assert.fail(`there is no evaluation ${EvalID}`);

interface Finished {
  readonly EvalID: string;
  readonly Token: string;
  readonly Evals: Evaluation[];
}

/** What is said of finished evaluations, once the time has passed that their writing waits for others. */
async function finish(server: TestServer, ...Finished: Finished[]) {
  const asked = server.ask(finishEvaluations, { Finished });
  await server.runtime.clock.advance(milliseconds(10));
  const { reply, index } = await asked;
  return { index, refused: reply.Refused.map(({ EvalID, Reason }) => [EvalID, Reason]) };
}

/** A server with evaluation 100, which is in the hands of a worker with this token. */
async function outstanding(
  work: (server: TestServer, token: string) => Promise<void>,
  fields: Partial<Evaluation> = {},
): Promise<void> {
  const server = await testServer();
  await server.withNode();
  await server.state.propose(evaluationsUpdate, { Evals: [anEvaluation(fields)] });
  if (fields.Status === "blocked") await server.withNode(aNode({ ID: id(2), Name: "other" }));
  const [delivered] = await take(server);
  assert.equal(delivered?.EvalID, id(100));
  assert.ok((delivered?.WaitIndex ?? 0) >= kept(server, { EvalID: id(100) }).ModifyIndex, "a state of then holds it");
  await work(server, delivered?.Token ?? "");
  await server.close();
}

test("a worker that asks in vain is told so when its time is up, after a second if it does not say", async () => {
  const server = await testServer();
  const asked = [take(server, seconds(3)), take(server, 0), take(server, -1)];
  await server.runtime.clock.advance(seconds(1));
  assert.deepEqual(await Promise.all(asked.map(stateOf)), ["waits", "resolved", "resolved"]);
  await server.runtime.clock.advance(seconds(2));
  for (const delivered of await Promise.all(asked)) assert.deepEqual(delivered, []);
  await assert.rejects(
    server.ask(dequeueEvaluations, { Schedulers: [], Timeout: 0, Most: 1 }),
    refusal("dequeue requires at least one scheduler type"),
  );
  await server.close();
});

test("a worker takes as many evaluations as it asks for, each of another job", async () => {
  const server = await testServer();
  for (const [at, JobID] of ["job 1", "job 2", "job 2", "job 3"].entries()) {
    await server.state.propose(evaluationsUpdate, { Evals: [anEvaluation({ ID: id(101 + at), JobID })] });
  }
  const jobs = async (most: number) => (await take(server, seconds(1), most)).map((each) => kept(server, each).JobID);
  assert.deepEqual([await jobs(2), await jobs(0)], [["job 1", "job 2"], ["job 3"]]);
  await server.close();
});

test("an evaluation is given back by who has its token, and delivered again a second later", () =>
  outstanding(async (server, Token) => {
    const answer = { EvalID: id(100), Token };
    const wrong = server.ask(refuseEvaluation, { ...answer, Token: "x" });
    await assert.rejects(wrong, refusal("Token does not match for Evaluation ID"));
    const unknown = server.ask(refuseEvaluation, { ...answer, EvalID: id(9) });
    await assert.rejects(unknown, refusal("Evaluation ID not found"));
    await server.ask(refuseEvaluation, answer);
    const again = take(server, seconds(2));
    await server.runtime.clock.advance(seconds(1));
    assert.equal((await again).length, 1);
  }));

test("what became of evaluations is stored by one entry of the log, and each is acknowledged", async () => {
  const server = await testServer();
  const Evals = [1, 2].map((each) => anEvaluation({ ID: id(100 + each), JobID: `job ${each}` }));
  await server.state.propose(evaluationsUpdate, { Evals });
  const taken = await take(server, seconds(1), 2);
  const ended = taken.map(({ EvalID, Token }) => {
    const Eval = kept(server, { EvalID });
    const follows = anEvaluation({ ID: `9${Eval.ID.slice(1)}`, JobID: Eval.JobID, PreviousEval: Eval.ID });
    return { EvalID: Eval.ID, Token, Evals: [follows, { ...Eval, Status: "complete" }] };
  });
  const { index, refused } = await finish(server, ...ended);
  assert.deepEqual(refused, []);
  const stored = [...server.state.view().evaluations.all()];
  assert.deepEqual(
    stored.map(({ Status, ModifyIndex }) => [Status, ModifyIndex]),
    ["complete", "complete", "pending", "pending"].map((status) => [status, index]),
  );
  assert.deepEqual((await take(server, seconds(1), 9)).map((each) => kept(server, each).PreviousEval).sort(), [
    id(101),
    id(102),
  ]);
  assert.deepEqual((await finish(server, ...ended)).refused.length, 2, "they are no longer the worker's");
  await server.close();
});

test("of what a worker has finished, that which is not its own any more is refused, and the rest is stored", () =>
  outstanding(async (server, Token) => {
    const done = { EvalID: id(100), Token, Evals: [anEvaluation({ Status: "complete" })] };
    const follows = anEvaluation({ ID: id(101), PreviousEval: id(100) });
    const refused = async (...finished: Finished[]) => (await finish(server, ...finished)).refused;
    assert.deepEqual(await refused({ ...done, Token: "x" }), [[id(100), "evaluation token does not match"]]);
    assert.deepEqual(await refused({ ...done, Evals: [{ ...follows, ID: id(100), Status: "blocked" }] }), [
      [id(100), "evaluation is not blocked"],
    ]);
    for (const stored of [follows, { ...follows, ID: "ABC" }]) {
      await server.state.propose(evaluationsUpdate, { Evals: [stored] });
      assert.deepEqual(await refused({ ...done, Evals: [stored] }), [[id(100), "evaluation already exists"]]);
    }
    assert.equal(server.state.view().evaluations.get(id(100))?.Status, "pending");
    const other = { EvalID: id(9), Token, Evals: [] };
    assert.deepEqual(await refused(other, done), [[id(9), "evaluation is not outstanding"]]);
    assert.equal(server.state.view().evaluations.get(id(100))?.Status, "complete");
  }));

test("a blocked evaluation is put back with what was found out about it", () =>
  outstanding(
    async (server, Token) => {
      const reblocked = anEvaluation({ Status: "blocked", SnapshotIndex: 1_000 });
      assert.deepEqual((await finish(server, { EvalID: id(100), Token, Evals: [reblocked] })).refused, []);
      assert.equal(server.state.view().evaluations.get(id(100))?.SnapshotIndex, 1_000);
    },
    { Status: "blocked" },
  ));

test("who only ends an evaluation, without a result, needs no entry of the log", () =>
  outstanding(async (server, Token) => {
    const before = server.state.view().index;
    assert.deepEqual(await finish(server, { EvalID: id(100), Token, Evals: [] }), { index: 0, refused: [] });
    assert.equal(server.state.view().index, before);
  }));

test("a plan gives its worker the whole time again, and then the evaluation is another's", () =>
  outstanding(async (server, EvalToken) => {
    for (let write = 0; write < 3; write++) {
      await server.runtime.clock.advance(seconds(59));
      await server.ask(submitPlan, { Plan: aPlan([], { EvalToken }), JobOf: "" });
    }
    await server.runtime.clock.advance(seconds(60));
    const late = server.ask(submitPlan, { Plan: aPlan([], { EvalToken }), JobOf: "" });
    await assert.rejects(late, refusal("evaluation is not outstanding"));
  }));

test("a plan of who has the token becomes a fact, one of anybody else does not", () =>
  outstanding(async (server, EvalToken) => {
    const Plan = aPlan([anAllocation()], { EvalToken });
    const { reply, index } = await server.ask(submitPlan, { Plan, JobOf: "" });
    assert.deepEqual([reply.Result?.AllocIndex, server.state.view().allocations.size], [index, 1]);
    const [stranger, unknown] = [{ EvalToken: "x" }, { EvalID: id(9) }].map((fields) => ({ ...Plan, ...fields }));
    await assert.rejects(
      server.ask(submitPlan, { Plan: stranger ?? null, JobOf: "" }),
      refusal("evaluation token does not match"),
    );
    await assert.rejects(
      server.ask(submitPlan, { Plan: unknown ?? null, JobOf: "" }),
      refusal("evaluation is not outstanding"),
    );
    await assert.rejects(server.ask(submitPlan, { Plan: null, JobOf: "" }), refusal("missing plan"));
  }));

test("a later part of a plan is of the job of what an earlier one has placed, and nothing is placed if that is not there", () =>
  outstanding(async (server, EvalToken) => {
    const first = aPlan([anAllocation()], { EvalToken });
    const { index } = await server.ask(submitPlan, { Plan: first, JobOf: "" });
    const second = aPlan([anAllocation({ ID: id(201), Job: null })], { EvalToken, SnapshotIndex: index });
    await server.ask(submitPlan, { Plan: second, JobOf: id(200) });
    const jobs = [id(200), id(201)].map((each) => server.state.view().allocations.get(each)?.Job);
    assert.deepEqual([jobs[0]?.ID, jobs[1] === jobs[0]], ["web", true]);
    const lost = server.ask(submitPlan, { Plan: second, JobOf: id(9) });
    await assert.rejects(lost, refusal("the earlier part of the plan is not known"));
  }));

test("what is done with is removed", () =>
  outstanding(async (server) => {
    const { index } = await server.ask(reapEvaluations, { Evals: [id(100), id(9)], Allocs: [id(9)] });
    assert.equal(index, server.state.view().index);
    assert.equal(server.state.view().evaluations.size, 0);
  }));

test("evaluations are found by id and listed by prefix", () =>
  outstanding(async (server) => {
    const { reply, index } = await server.ask(getEvaluation, { EvalID: id(100) });
    assert.deepEqual([reply.Eval?.ID, reply.Eval?.ModifyIndex], [id(100), index]);
    assert.deepEqual((await server.ask(getEvaluation, { EvalID: id(9) })).reply, { Eval: null });
    await assert.rejects(server.ask(getEvaluation, { EvalID: "9" }), refusal(/^eval lookup failed: .* 36 characters$/));
    const list = async (prefix: string) => (await server.ask(listEvaluations, {}, { prefix })).reply.Evaluations.length;
    assert.deepEqual([await list(""), await list("00"), await list("ab")], [1, 1, 0]);
    await assert.rejects(list("a"), refusal(/^eval lookup failed: .* even length$/));
  }));
