import type { Socket } from "node:net";
import { test } from "node:test";
import { eventually } from "../support/nomad.ts";
import { pause } from "./attacks.ts";
import { Victim } from "./victim.ts";

/** T3: an agent at the limit of its descriptors. */

for (const port of ["http", "rpc", "serf"] as const) {
  test(`T3: more connections to ${port} than there are descriptors`, async () => {
    const victim = await Victim.start({ descriptors: 256 });
    try {
      const before = await victim.descriptors();
      const sockets: Socket[] = [];
      let lines: readonly string[] = [];
      const cpu = await victim.processorTime();
      lines = await victim.linesDuring(async () => {
        for (let at = 0; at < 600; at++) sockets.push(await victim.dial(victim[port]));
        await pause(3_000);
      });
      console.log(
        port,
        before,
        await victim.descriptors(),
        "cpu",
        (await victim.processorTime()) - cpu,
        lines.slice(0, 5),
        lines.length,
        victim.lives,
      );
      for (const socket of sockets) socket.destroy();
      await eventually(
        "served again",
        async () => {
          const answer = await fetch(`${victim.address}/v1/status/leader`).catch(() => undefined);
          return answer?.status === 200 || undefined;
        },
        5,
      );
    } finally {
      await victim.dispose();
    }
  });
}
