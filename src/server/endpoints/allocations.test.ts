import assert from "node:assert/strict";
import { test } from "node:test";
import {
  getAllocation,
  getAllocations,
  getEvaluationAllocations,
  getJobAllocations,
  listAllocations,
} from "../../api/index.ts";
import { planResults } from "../../state/index.ts";
import { aJob, anAllocation, byNode, id } from "../testing/makers.ts";
import { type TestServer, testServer } from "../testing/test-server.ts";

const refusal = (message: string | RegExp) => ({ name: "RpcError", message });

/** A server with allocations 200 and 201, each placed by an entry of its own. */
async function withAllocations(work: (server: TestServer, indexes: readonly number[]) => Promise<void>): Promise<void> {
  const server = await testServer();
  const indexes: number[] = [];
  for (const number of [200, 201]) {
    const NodeAllocation = byNode([anAllocation({ ID: id(number) })]);
    const { index } = await server.state.propose(planResults, {
      Job: aJob(),
      EvalID: "",
      NodeUpdate: {},
      NodeAllocation,
    });
    indexes.push(index);
  }
  await work(server, indexes);
  await server.close();
}

test("allocations are listed by prefix, of an evaluation and of a job, without what is large", () =>
  withAllocations(async (server, [, last]) => {
    const ids = (found: readonly { ID: string }[]) => found.map(({ ID }) => ID);
    const all = await server.ask(listAllocations, {});
    assert.deepEqual([ids(all.reply.Allocations), all.index], [[id(200), id(201)], last]);
    assert.ok(all.reply.Allocations.every((stub) => !("Job" in stub) && !("Metrics" in stub)));
    assert.deepEqual(ids((await server.ask(listAllocations, {}, { prefix: id(201) })).reply.Allocations), [id(201)]);
    assert.deepEqual(ids((await server.ask(getEvaluationAllocations, { EvalID: id(100) })).reply.Allocations), [
      id(200),
      id(201),
    ]);
    assert.deepEqual(ids((await server.ask(getJobAllocations, { JobID: "web" })).reply.Allocations), [
      id(200),
      id(201),
    ]);
    await assert.rejects(
      server.ask(listAllocations, {}, { prefix: "abc" }),
      refusal(/^alloc lookup failed: .* even length$/),
    );
  }));

test("one allocation is found with its job; of one that is not there the index of the table is told", () =>
  withAllocations(async (server, [first, last]) => {
    const { reply, index } = await server.ask(getAllocation, { AllocID: id(200) });
    assert.deepEqual([reply.Alloc?.ID, reply.Alloc?.Job?.ID, index], [id(200), "web", first]);
    const missing = await server.ask(getAllocation, { AllocID: id(9) });
    assert.deepEqual([missing.reply.Alloc, missing.index], [null, last]);
    await assert.rejects(
      server.ask(getAllocation, { AllocID: "2" }),
      refusal(/^alloc lookup failed: .* 36 characters$/),
    );
  }));

test("several allocations are told at once, without waiting, and all of them or none", () =>
  withAllocations(async (server, [first, last]) => {
    const asked = await server.ask(getAllocations, { AllocIDs: [id(201), id(200)] }, { minQueryIndex: 1_000 });
    assert.deepEqual([asked.reply.Allocs.map(({ ID }) => ID), asked.index], [[id(201), id(200)], last]);
    assert.equal((await server.ask(getAllocations, { AllocIDs: [id(200)] })).index, first);
    assert.deepEqual((await server.ask(getAllocations, { AllocIDs: [] })).reply.Allocs, []);
    await assert.rejects(
      server.ask(getAllocations, { AllocIDs: [id(200), id(9)] }),
      refusal(`unknown alloc id "${id(9)}"`),
    );
  }));
