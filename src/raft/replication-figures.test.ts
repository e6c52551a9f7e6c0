import assert from "node:assert/strict";
import { test } from "node:test";
import { inMilliseconds, milliseconds } from "../base/index.ts";
import { ManualClock, unmeasured } from "../runtime/index.ts";
import type { LogEntry } from "./core/log-entry.ts";
import { addressOf, bytes } from "./host-harness.ts";
import { ReplicationFigures } from "./replication-figures.ts";

test("an append is timed until its last entry is on the peer's disk, whatever is answered before, and others that run beside it are not", async () => {
  const clock = new ManualClock();
  const took: string[] = [];
  const metrics = {
    ...unmeasured,
    time: (name: readonly string[], time: Parameters<typeof inMilliseconds>[0]) =>
      void took.push(`${name.at(-1)} ${inMilliseconds(time)}`),
  };
  const figures = new ReplicationFigures({ clock, metrics }, addressOf);
  const send = (from: number, to: number) => {
    const entries: LogEntry[] = [];
    for (let index = from; index <= to; index++) entries.push({ kind: "command", index, term: 1, data: bytes("x") });
    const head = { kind: "append", term: 1, previousIndex: from - 1, previousTerm: 1, commit: 0 } as const;
    figures.sent({ to: "b", message: { ...head, entries } });
  };
  const hear = (matched: number) => figures.heard("b", { kind: "appended", term: 1, matched });
  send(4, 6);
  await clock.advance(milliseconds(5));
  hear(3);
  send(7, 7);
  await clock.advance(milliseconds(5));
  hear(6);
  hear(7);
  send(8, 7);
  hear(7);
  assert.deepEqual(took, [`${addressOf("b")} 10`]);
});
