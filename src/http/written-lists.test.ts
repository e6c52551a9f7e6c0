import assert from "node:assert/strict";
import { test } from "node:test";
import { ByteBudget } from "../base/index.ts";
import { nodeRuntime } from "../runtime/node/index.ts";
import { goJSON } from "../wire/index.ts";
import { WrittenLists } from "./written-lists.ts";

const { clock } = nodeRuntime({ logLevel: "ERR", writeLog: () => {} });
const text = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString();

test("a list is written as bytes when it is asked for again, once for all", async () => {
  const lists = new WrittenLists(clock);
  const list = [{ ID: "web", Note: "<é>" }, { ID: "db" }];
  assert.equal(await lists.bytesOf(list, false), undefined);
  const [second, third] = await Promise.all([lists.bytesOf(list, false), lists.bytesOf(list, false)]);
  assert.equal(text(second), goJSON(list));
  assert.equal(third, second);
});

test("the pretty form of a list is another", async () => {
  const lists = new WrittenLists(clock);
  const list = [{ ID: "web" }];
  await lists.bytesOf(list, false);
  assert.equal(await lists.bytesOf(list, true), undefined);
  assert.equal(text(await lists.bytesOf(list, true)), goJSON(list, { pretty: true }));
});

test("what is no list, and a list as long as a hundred others, is not kept", async () => {
  const lists = new WrittenLists(clock);
  const job = { ID: "web" };
  const long = Array.from({ length: 40 }, () => "x".repeat(1024 * 1024));
  for (const value of [job, long, undefined, null, "text"]) {
    await lists.bytesOf(value, false);
    assert.equal(await lists.bytesOf(value, false), undefined);
  }
});

test("while a long list is written others have their turn", async () => {
  const lists = new WrittenLists(clock);
  const list = Array.from({ length: 8 }, (_, at) => `${at}`.repeat(1024 * 1024));
  await lists.bytesOf(list, false);
  let turns = 0;
  const cancel = clock.at(clock.now(), () => turns++);
  const bytes = await lists.bytesOf(list, false);
  cancel();
  assert.equal(bytes?.length, goJSON(list).length);
  assert.ok(turns > 0);
});

test("the bytes of a list take their part of the budget once, until the last reader has taken them", async () => {
  const lists = new WrittenLists(clock);
  const budget = new ByteBudget(10);
  const [bytes, other] = [new Uint8Array(6), new Uint8Array(6)];
  const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const sent = [lists.lend(bytes, budget, () => first.promise), lists.lend(bytes, budget, () => second.promise)];
  assert.equal(budget.taken, 6);
  assert.equal(await lists.lend(other, budget, () => assert.fail("there is no room")), false);
  first.resolve();
  assert.equal(await sent[0], true);
  assert.equal(budget.taken, 6);
  second.reject(new Error("the reader has gone"));
  await assert.rejects(sent[1] as Promise<boolean>, /the reader has gone/);
  assert.equal(budget.taken, 0);
  assert.equal(await lists.lend(other, budget, async () => {}), true);
});
