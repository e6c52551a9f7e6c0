import assert from "node:assert/strict";
import { test } from "node:test";
import {
  collectGarbage,
  dequeueEvaluations,
  getLeader,
  getPeers,
  listRegions,
  ping,
  reconcileSummaries,
} from "../../api/index.ts";
import { seconds } from "../../base/index.ts";
import { testServer } from "../testing/test-server.ts";

test("a server tells of leader, peers and regions", async () => {
  const server = await testServer();
  assert.deepEqual((await server.ask(ping, {})).reply, {});
  assert.equal((await server.ask(getLeader, {})).reply, "127.0.0.1:4647");
  assert.deepEqual((await server.ask(getPeers, {})).reply, ["127.0.0.1:4647"]);
  assert.deepEqual((await server.ask(listRegions, {})).reply, ["global"]);
  await server.close();
});

test("a collection that is asked for is done by a worker, later", async () => {
  const server = await testServer();
  assert.equal((await server.ask(collectGarbage, {})).index, 0);
  const { reply } = await server.ask(dequeueEvaluations, { Schedulers: ["_core"], Timeout: seconds(1), Most: 1 });
  assert.deepEqual(
    reply.Delivered.map(({ Eval }) => [Eval?.Type, Eval?.JobID]),
    [["_core", "force-gc"]],
  );
  await server.close();
});

test("summaries are counted anew by an entry of the log", async () => {
  const server = await testServer();
  const { index } = server.state.view();
  assert.equal((await server.ask(reconcileSummaries, {})).index, index + 1);
  await server.close();
});
