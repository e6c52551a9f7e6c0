import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultQueryOptions, explainEvaluation, explainJob } from "../../api/index.ts";
import { seconds } from "../../base/index.ts";
import type { Explanation } from "../../model/index.ts";
import { settled } from "../../runtime/index.ts";
import { jobRegister } from "../../state/index.ts";
import type { ServerContext } from "../endpoint.ts";
import { aJob, aNode, id, oneTask } from "../testing/makers.ts";
import { TestLog } from "../testing/test-log.ts";
import { type TestServer, testServer } from "../testing/test-server.ts";
import { testRuntime } from "../testing/test-world.ts";
import { explainEndpoints } from "./explain.ts";

const greedy = aJob({
  TaskGroups: [
    { Name: "app", Count: 1, Tasks: [{ ...oneTask, Resources: { CPU: 3000, MemoryMB: 100, DiskMB: 100 } }] },
  ],
});

/** A server that has tried to place a job on a node which has not the room. */
async function withGreedy(work: (server: TestServer, evaluationID: string) => Promise<void>): Promise<void> {
  const server = await testServer({ workers: 1 });
  await server.withNode();
  const { EvalID } = await server.register(greedy);
  await server.runtime.clock.advance(seconds(1));
  await work(server, EvalID);
  await server.close();
}

test("a job is explained by its groups, and by the evaluation that waits for room", () =>
  withGreedy(async (server) => {
    await server.runtime.clock.advance(seconds(4));
    const { reply, index } = await server.ask(explainJob, { JobID: "WEB" });
    const found = reply.Explanation;
    assert.equal(index, server.state.view().index);
    assert.equal(found?.Summary, 'Job "web" (service) does not run as it should: 0 of 1 run, 1 has no place');
    assert.deepEqual(
      found?.Remarks.map(({ Kind }) => Kind),
      ["blocked evaluation"],
    );
    assert.match(
      found?.Remarks[0]?.Text ?? "",
      /^Evaluation [0-9a-f]{8} has waited for room for [45]s; it is looked at as soon as some comes up$/,
    );
    assert.deepEqual(found?.Groups[0]?.Reasons, ["1 node lacks CPU: 3000 MHz needed, 1000 MHz free"]);
    assert.deepEqual(
      found?.Groups[0]?.Remedies.map(({ Kind, From, To }) => [Kind, From, To]),
      [["ask", 3000, 1000]],
    );
  }));

test("an evaluation is explained with what it saw", () =>
  withGreedy(async (server, EvalID) => {
    await server.withNode(aNode({ ID: id(2), Resources: { CPU: 4000, MemoryMB: 4000, DiskMB: 4000 } }));
    await server.runtime.clock.advance(seconds(1));
    const { reply } = await server.ask(explainEvaluation, { EvalID });
    assert.deepEqual([reply.Explanation?.EvalID, reply.Explanation?.JobID], [EvalID, "web"]);
    assert.deepEqual(reply.Explanation?.Earlier, [
      { Group: "app", NodesRefusing: 1, Reasons: ["1 node lacks CPU: 3000 MHz needed, 1000 MHz free"] },
    ]);
    assert.deepEqual([reply.Explanation?.Groups[0]?.Starting, reply.Explanation?.Groups[0]?.Unplaced], [1, 0]);
  }));

test("what there is not has no explanation", async () => {
  const server = await testServer();
  assert.equal((await server.ask(explainJob, { JobID: "nosuch" })).reply.Explanation, null);
  assert.equal((await server.ask(explainEvaluation, { EvalID: id(9) })).reply.Explanation, null);
  await assert.rejects(server.ask(explainEvaluation, { EvalID: "9" }), /UUID must be 36 characters/);
  await server.close();
});

test("nothing of the state is changed by it", () =>
  withGreedy(async (server) => {
    const before = server.state.view();
    await server.ask(explainJob, { JobID: "web" });
    assert.equal(server.state.view().index, before.index);
    assert.equal(server.state.view().jobs.get("default\u0000web")?.TaskGroups[0]?.Tasks[0]?.Resources?.CPU, 3000);
  }));

test("a server that knows of no leader says that nothing moves", async () => {
  const runtime = testRuntime();
  const { state } = new TestLog(runtime.clock);
  await state.propose(jobRegister, { Job: greedy, Eval: null });
  const context = { state, runtime, leaderAddress: () => "" } as unknown as ServerContext;
  const endpoint = explainEndpoints(context).find(({ method }) => method === explainJob);
  const options = { ...defaultQueryOptions, namespace: "default" };
  const { signal } = new AbortController();
  const said = await endpoint?.answer({ request: { JobID: "web" }, options, signal, end: signal });
  const reply = said?.reply as { readonly Explanation: Explanation } | undefined;
  assert.deepEqual(reply?.Explanation.Remarks[0], {
    Kind: "no leader",
    Text: "No server leads: nothing is looked at, placed or stopped until one does",
  });
});

test("who does not wait any more is not worked for", () =>
  withGreedy(async (server) => {
    const gone = new AbortController();
    gone.abort(new Error("hung up"));
    await assert.rejects(server.ask(explainJob, { JobID: "web" }, { signal: gone.signal }));
    await settled();
    assert.notEqual((await server.ask(explainJob, { JobID: "web" })).reply.Explanation, null);
  }));

test("of many who ask at once some are answered one after the other, the rest is refused", () =>
  withGreedy(async (server) => {
    const asking = Array.from({ length: 20 }, () => server.ask(explainJob, { JobID: "web" }));
    const ended = await Promise.allSettled(asking);
    assert.deepEqual(ended.map(({ status }) => status).slice(0, 17), new Array(17).fill("fulfilled"));
    for (const one of ended.slice(17)) {
      assert.ok(one.status === "rejected");
      const { message, code } = one.reason;
      assert.deepEqual([message, code], ["too many explanations are asked for at once", 503]);
    }
    assert.notEqual((await server.ask(explainJob, { JobID: "web" })).reply.Explanation, null);
  }));
