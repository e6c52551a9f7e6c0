import { Agent, get } from "node:http";
import { parentPort, workerData } from "node:worker_threads";

/**
 * A thread that asks an agent who leads, again and again over one connection, and knows how long each answer took: what
 * somebody else feels while an agent is attacked. It answers any message with what it has found, and begins anew.
 */

const { address, every } = workerData as { readonly address: string; readonly every: number };
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
let times: number[] = [];
let failures = 0;

function ask(): Promise<void> {
  return new Promise((resolve) => {
    const began = performance.now();
    const failed = () => {
      failures++;
      resolve();
    };
    get(`${address}/v1/status/leader`, { agent, timeout: 20_000 }, (response) => {
      response.resume();
      response.once("error", failed);
      response.once("end", () => {
        if (response.statusCode === 200) times.push(performance.now() - began);
        else failures++;
        resolve();
      });
    })
      .once("error", failed)
      .once("timeout", function (this: { destroy(error: Error): void }) {
        this.destroy(new Error("no answer"));
      });
  });
}

parentPort?.on("message", () => {
  const sorted = times.toSorted((a, b) => a - b);
  parentPort?.postMessage({
    asked: sorted.length,
    failures,
    worst: sorted.at(-1) ?? 0,
    median: sorted[Math.floor(sorted.length / 2)] ?? 0,
  });
  times = [];
  failures = 0;
});

for (;;) {
  await ask();
  await new Promise((resolve) => setTimeout(resolve, every));
}
