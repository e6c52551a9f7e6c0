import { Agent, get } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { OneServer } from "../placements/one-server.ts";

/** Until all questions wait in the server. */
const settling = 2_000;

/** What the server takes for each of `count` blocking queries of which none has anything to tell, and whether one woke. */
export async function heapOfWaiting(server: OneServer, count: number): Promise<string> {
  const before = await server.memory();
  const agent = new Agent({ keepAlive: true });
  let woken = 0;
  const path = "/v1/jobs?index=1000000&wait=60s";
  const asked = Array.from({ length: count }, () =>
    get({ host: "127.0.0.1", port: server.httpPort, path, agent }, () => {
      woken++;
    }).on("error", () => undefined),
  );
  await sleep(settling);
  const during = await server.memory();
  for (const request of asked) request.destroy();
  agent.destroy();
  const each = ((during.heap + during.buffers - before.heap - before.buffers) * 1024) / count;
  const resident = ((during.resident - before.resident) * 1024) / count;
  return `${count} blocking queries that wait: ${each.toFixed(1)} KB of heap and buffers each, ${resident.toFixed(1)} KB resident; ${woken} woke for nothing`;
}
