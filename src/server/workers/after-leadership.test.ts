import assert from "node:assert/strict";
import { test } from "node:test";
import { noClusterLeader, RpcError } from "../../api/index.ts";
import { seconds } from "../../base/index.ts";
import { ManualClock, settled } from "../../runtime/index.ts";
import { ScriptedLeader } from "../testing/scripted-leader.ts";
import { testTenure } from "../testing/test-world.ts";
import { defaultAges } from "./collect-garbage.ts";
import { EvaluationWorker } from "./evaluation-worker.ts";
import { InlinePool } from "./scheduler-pool.ts";

test("all of a server's workers ask for work again, however often leaders came and went", async () => {
  const { state, runtime } = testTenure();
  let leads = true;
  const waiting = new Set<(error: Error) => void>();
  const leader = new ScriptedLeader({
    "Eval.Dequeue": (_: never, { signal }) => {
      if (!leads) throw new RpcError(noClusterLeader);
      return new Promise((_, reject) => {
        waiting.add(reject);
        signal?.addEventListener("abort", () => reject(signal.reason));
      });
    },
  });
  const ended = new AbortController();
  const collaborators = { rpc: leader, state, pool: new InlinePool(new ManualClock()) };
  const options = { schedulers: ["service", "batch", "system", "_core"], ages: defaultAges };
  const crew = Array.from({ length: 8 }, () => new EvaluationWorker(runtime, collaborators, options).run(ended.signal));
  for (let tenure = 0; tenure < 3; tenure++) {
    await settled();
    assert.equal(waiting.size, 8);
    leads = false;
    for (const reject of waiting) reject(new RpcError(noClusterLeader));
    waiting.clear();
    await settled();
    await runtime.clock.advance(seconds(30));
    leads = true;
    await runtime.clock.advance(seconds(11));
  }
  assert.equal(waiting.size, 8);
  ended.abort(new Error("shutting down"));
  await Promise.all(crew);
});
