import assert from "node:assert/strict";
import { test } from "node:test";
import { diskWith } from "./core/core-cluster.ts";
import { MemoryLogStore } from "./memory-log-store.ts";

test("a store gives back the newest ballot and the entries that were not truncated, and later writes do not change that", async () => {
  const [one, two, three] = diskWith([1, 1, 1]).entries;
  const [, other] = diskWith([1, 2]).entries;
  const store = new MemoryLogStore();
  assert.deepEqual(await store.load(), { ballot: { term: 0 }, entries: [] });
  await store.write([
    { number: 1, ballot: { term: 1, votedFor: "a" }, entries: [one!] },
    { number: 2, entries: [two!, three!] },
    { number: 3, ballot: { term: 2 }, truncateFrom: 2, entries: [other!] },
  ]);
  const loaded = await store.load();
  await store.write([{ number: 4, truncateFrom: 1, entries: [] }]);
  assert.deepEqual(loaded, { ballot: { term: 2 }, entries: [one, other] });
});
