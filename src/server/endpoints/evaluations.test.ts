import assert from "node:assert/strict";
import { test } from "node:test";
import {
  acknowledgeEvaluation,
  createEvaluation,
  dequeueEvaluation,
  getEvaluation,
  listEvaluations,
  reapEvaluations,
  reblockEvaluation,
  refuseEvaluation,
  submitPlan,
  updateEvaluation,
} from "../../api/index.ts";
import { seconds } from "../../base/index.ts";
import type { Evaluation } from "../../model/index.ts";
import { evaluationsUpdate } from "../../state/index.ts";
import { aNode, anAllocation, anEvaluation, aPlan, id } from "../testing/makers.ts";
import { type TestServer, testServer } from "../testing/test-server.ts";
import { stateOf } from "../testing/test-world.ts";

const refusal = (message: string | RegExp) => ({ name: "RpcError", message });
const take = (server: TestServer, Timeout = seconds(1) as number) =>
  server.ask(dequeueEvaluation, { Schedulers: ["service"], Timeout });

/** A server with evaluation 100, which is in the hands of a worker with this token. */
async function outstanding(
  work: (server: TestServer, token: string) => Promise<void>,
  fields: Partial<Evaluation> = {},
): Promise<void> {
  const server = await testServer();
  await server.withNode();
  await server.state.propose(evaluationsUpdate, { Evals: [anEvaluation(fields)] });
  if (fields.Status === "blocked") await server.withNode(aNode({ ID: id(2), Name: "other" }));
  const { reply } = await take(server);
  assert.equal(reply.Eval?.ID, id(100));
  await work(server, reply.Token);
  await server.close();
}

test("a worker that asks in vain is told so when its time is up, after a second if it does not say", async () => {
  const server = await testServer();
  const asked = [take(server, seconds(3)), take(server, 0), take(server, -1)];
  await server.runtime.clock.advance(seconds(1));
  assert.deepEqual(await Promise.all(asked.map(stateOf)), ["waits", "resolved", "resolved"]);
  await server.runtime.clock.advance(seconds(2));
  for (const { reply } of await Promise.all(asked)) assert.deepEqual(reply, { Eval: null, Token: "", WaitIndex: 0 });
  await assert.rejects(
    server.ask(dequeueEvaluation, { Schedulers: [], Timeout: 0 }),
    refusal("dequeue requires at least one scheduler type"),
  );
  await server.close();
});

test("an evaluation is acknowledged or given back by who has its token", () =>
  outstanding(async (server, Token) => {
    const answer = { EvalID: id(100), Token };
    await assert.rejects(
      server.ask(acknowledgeEvaluation, { ...answer, Token: "x" }),
      refusal("Token does not match for Evaluation ID"),
    );
    await assert.rejects(
      server.ask(refuseEvaluation, { ...answer, EvalID: id(9) }),
      refusal("Evaluation ID not found"),
    );
    await server.ask(refuseEvaluation, answer);
    const again = (await take(server)).reply;
    await server.ask(acknowledgeEvaluation, { EvalID: id(100), Token: again.Token });
    await assert.rejects(server.ask(acknowledgeEvaluation, answer), refusal("Evaluation ID not found"));
  }));

test("a worker stores what became of its evaluation, one at a time", () =>
  outstanding(async (server, EvalToken) => {
    const done = anEvaluation({ Status: "complete" });
    const { index } = await server.ask(updateEvaluation, { Evals: [done], EvalToken });
    assert.equal(server.state.view().evaluations.get(id(100))?.ModifyIndex, index);
    const wrong = server.ask(updateEvaluation, { Evals: [done], EvalToken: "x" });
    await assert.rejects(wrong, refusal("evaluation token does not match"));
    for (const Evals of [[], [done, done]]) {
      await assert.rejects(
        server.ask(updateEvaluation, { Evals, EvalToken }),
        refusal("only a single eval can be updated"),
      );
    }
    const other = server.ask(updateEvaluation, { Evals: [anEvaluation({ ID: id(9) })], EvalToken });
    await assert.rejects(other, refusal("evaluation is not outstanding"));
  }));

test("a worker creates evaluations that follow the one it holds, each once", () =>
  outstanding(async (server, EvalToken) => {
    const next = anEvaluation({ ID: id(101), PreviousEval: id(100), Status: "blocked" });
    const { index } = await server.ask(createEvaluation, { Evals: [next], EvalToken });
    assert.equal(server.state.view().evaluations.get(id(101))?.CreateIndex, index);
    await assert.rejects(
      server.ask(createEvaluation, { Evals: [next], EvalToken }),
      refusal("evaluation already exists"),
    );
    const orphan = server.ask(createEvaluation, { Evals: [{ ...next, PreviousEval: "" }], EvalToken });
    await assert.rejects(orphan, refusal("evaluation is not outstanding"));
    await assert.rejects(
      server.ask(createEvaluation, { Evals: [], EvalToken }),
      refusal("only a single eval can be created"),
    );
  }));

test("a worker puts a blocked evaluation back, and no other", () =>
  outstanding(
    async (server, EvalToken) => {
      const reblocked = anEvaluation({ Status: "blocked", SnapshotIndex: 1_000 });
      await server.ask(reblockEvaluation, { Evals: [reblocked], EvalToken });
      assert.equal(server.state.view().evaluations.get(id(100))?.SnapshotIndex, 1_000);
      await server.ask(updateEvaluation, { Evals: [anEvaluation({ Status: "complete" })], EvalToken });
      await assert.rejects(
        server.ask(reblockEvaluation, { Evals: [reblocked], EvalToken }),
        refusal("evaluation is not blocked"),
      );
      await assert.rejects(
        server.ask(reblockEvaluation, { Evals: [], EvalToken }),
        refusal("only a single eval can be reblocked"),
      );
    },
    { Status: "blocked" },
  ));

test("every write of a worker gives it the whole time again", () =>
  outstanding(async (server, EvalToken) => {
    for (let write = 0; write < 3; write++) {
      await server.runtime.clock.advance(seconds(59));
      await server.ask(updateEvaluation, { Evals: [anEvaluation()], EvalToken });
    }
    await server.runtime.clock.advance(seconds(60));
    const late = server.ask(updateEvaluation, { Evals: [anEvaluation()], EvalToken });
    await assert.rejects(late, refusal("evaluation is not outstanding"));
  }));

test("a plan of who has the token becomes a fact, one of anybody else does not", () =>
  outstanding(async (server, EvalToken) => {
    const Plan = aPlan([anAllocation()], { EvalToken });
    const { reply, index } = await server.ask(submitPlan, { Plan });
    assert.deepEqual([reply.Result?.AllocIndex, server.state.view().allocations.size], [index, 1]);
    const [stranger, unknown] = [{ EvalToken: "x" }, { EvalID: id(9) }].map((fields) => ({ ...Plan, ...fields }));
    await assert.rejects(
      server.ask(submitPlan, { Plan: stranger ?? null }),
      refusal("evaluation token does not match"),
    );
    await assert.rejects(server.ask(submitPlan, { Plan: unknown ?? null }), refusal("evaluation is not outstanding"));
    await assert.rejects(server.ask(submitPlan, { Plan: null }), refusal("missing plan"));
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
