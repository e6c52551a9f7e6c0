import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { test } from "node:test";
import { eventually } from "../support/nomad.ts";
import { assertAtMost } from "./attacks.ts";
import { withVictim } from "./victim.ts";

/** T3: an agent that others would take the last descriptor from. */

const descriptors = 256;
const turnedAway = "too many connections for the descriptors";

for (const port of ["http", "rpc"] as const) {
  test(`T3: more connections to the ${port} port than there are descriptors: some stay for files, and all is well afterwards`, () =>
    withVictim(
      async (victim) => {
        const sockets: Socket[] = [];
        const began = performance.now();
        const used = await victim.processorTime();
        const lines = await victim.linesDuring(async () => {
          for (let at = 0; at < 2 * descriptors; at++) sockets.push(await victim.dial(victim[port]));
          assert.ok((await victim.descriptors()) < descriptors, "not all descriptors are taken");
          await eventually("it is told", async () => (await victim.log()).includes(turnedAway) || undefined);
        });
        const seconds = (performance.now() - began) / 1000;
        const told = lines.filter((line) => line.includes(turnedAway));
        assertAtMost(told.length, seconds + 1, "lines");
        assertAtMost((await victim.processorTime()) - used, 2, "s of the processor");
        for (const socket of sockets) socket.destroy();
        await eventually(
          "it is served again",
          async () => {
            const answer = await fetch(`${victim.address}/v1/status/leader`).catch(() => undefined);
            return answer?.status === 200 || undefined;
          },
          5,
        );
      },
      { descriptors },
    ));
}

test("T2: a health check is served within 15 s although its address holds all connections there may be", () =>
  withVictim(
    async (victim) => {
      const sockets: Socket[] = [];
      for (let at = 0; at < 2 * descriptors; at++) sockets.push(await victim.dial(victim.http));
      const began = performance.now();
      await eventually(
        "the health check is served",
        async () => {
          const answer = await fetch(`${victim.address}/v1/status/leader`).catch(() => undefined);
          return answer?.status === 200 || undefined;
        },
        20,
      );
      assertAtMost(performance.now() - began, 15_000, "ms until it is served");
      for (const socket of sockets) socket.destroy();
    },
    { descriptors },
  ));
