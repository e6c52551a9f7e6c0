import assert from "node:assert/strict";
import { test } from "node:test";
import { milliseconds, seconds } from "../base/index.ts";
import { ManualClock } from "../runtime/index.ts";
import type { Server } from "../server/index.ts";
import { onPlacementRush } from "./placement-rush.ts";

type Observe = Server["state"]["observe"];
type Changes = Parameters<Parameters<Observe>[0]>[0]["changes"];

/** A server of which the test says what each entry of its log has changed, and how often a rush began there. */
function watched() {
  const clock = new ManualClock();
  const listeners = new Set<Parameters<Observe>[0]>();
  const observe: Observe = (listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  const seen = { rushes: 0 };
  onPlacementRush({ state: { observe } } as Server, clock, () => seen.rushes++);
  const changed = (table: string, count: number) => {
    const changes = Array.from({ length: count }, (_, nth) => ({ table, key: `${nth}` })) as unknown as Changes;
    for (const listener of listeners) listener({ index: 1, result: { ok: true }, changes });
  };
  return { clock, seen, listeners, changed };
}

test("many allocations that change within a second are a rush, and it is told once", async () => {
  const { clock, seen, listeners, changed } = watched();
  changed("allocations", 300);
  await clock.advance(milliseconds(900));
  changed("allocations", 199);
  assert.equal(seen.rushes, 0);
  changed("allocations", 1);
  assert.equal(seen.rushes, 1);
  changed("allocations", 1000);
  assert.equal(seen.rushes, 1);
  assert.equal(listeners.size, 0);
});

test("as many in a longer time are none, nor are nodes that register", async () => {
  const { clock, seen, changed } = watched();
  changed("nodes", 5000);
  for (let second = 0; second < 10; second++) {
    changed("allocations", 300);
    await clock.advance(seconds(2));
  }
  assert.equal(seen.rushes, 0);
});
