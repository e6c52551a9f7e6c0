import assert from "node:assert/strict";
import { test } from "node:test";
import { inMilliseconds, milliseconds } from "../base/index.ts";
import { ManualClock, unmeasured } from "../runtime/index.ts";
import type { LogEntry } from "./core/log-entry.ts";
import { addressOf, bytes } from "./host-harness.ts";
import { ReplicationFigures } from "./replication-figures.ts";

test("an append is timed until its last entry is on the peer's disk, whatever is answered before, and others that run beside it are not; so is a heartbeat when nothing else is on its way", async () => {
  const clock = new ManualClock();
  const took: string[] = [];
  const metrics = {
    ...unmeasured,
    time: (name: readonly string[], time: Parameters<typeof inMilliseconds>[0]) =>
      void took.push(`${name.slice(2).join(".")} ${inMilliseconds(time)}`),
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
  send(8, 7);
  hear(6);
  hear(7);
  assert.deepEqual(took, [`appendEntries.rpc.${addressOf("b")} 10`], "what is answered may be an append of before");
  send(8, 7);
  await clock.advance(milliseconds(2));
  hear(7);
  assert.deepEqual(took.slice(1), [`heartbeat.${addressOf("b")} 2`]);
});
