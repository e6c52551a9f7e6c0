import assert from "node:assert/strict";
import { test } from "node:test";
import { settled } from "../runtime/index.ts";
import { Turns } from "./turns.ts";

test("work on one thing is done in the order it was asked for, on different things at once", async () => {
  const turns = new Turns();
  const done: string[] = [];
  let finish = () => {};
  const slow = turns.take("web", () =>
    new Promise<void>((resolve) => (finish = resolve)).then(() => done.push("slow")),
  );
  const next = turns.take("web", async () => done.push("next"));
  await turns.take("db", async () => done.push("other"));
  await settled();
  assert.deepEqual(done, ["other"]);
  finish();
  assert.deepEqual([await slow, await next], [2, 3]);
  assert.deepEqual(done, ["other", "slow", "next"]);
});

test("work that fails is told to who asked for it, and holds up nobody", async () => {
  const turns = new Turns();
  const failed = turns.take("web", async () => {
    throw new Error("refused");
  });
  const next = turns.take("web", async () => "done");
  await assert.rejects(failed, /refused/);
  assert.equal(await next, "done");
});
