import assert from "node:assert/strict";
import { test } from "node:test";
import { seconds } from "../../base/index.ts";
import type { Connection } from "../network.ts";
import { NodeClock } from "../node/node-clock.ts";
import { NodeNetwork } from "../node/node-network.ts";
import { StatsdReceiver, StatsiteReceiver } from "./line-receiver.ts";
import { MeasuredMetrics } from "./measured-metrics.ts";
import { sendMetrics } from "./send-metrics.ts";

const network = new NodeNetwork();
const clock = new NodeClock();

/** Resolves with all that has come once it holds `wanted`. */
class Received {
  text = "";
  readonly pieces: Uint8Array[] = [];
  #wanted = "";
  #found: () => void = () => {};

  take(bytes: Uint8Array): void {
    this.pieces.push(bytes);
    this.text += Buffer.from(bytes).toString();
    if (this.text.includes(this.#wanted)) this.#found();
  }

  async until(wanted: string): Promise<string> {
    this.#wanted = wanted;
    if (!this.text.includes(wanted)) {
      await new Promise<void>((resolve) => {
        this.#found = resolve;
      });
    }
    return this.text;
  }
}

function someMetrics(): MeasuredMetrics {
  const metrics = new MeasuredMetrics(clock);
  metrics.observe(() => [{ name: ["nomad", "broker", "total_ready"], value: 3, labels: { job: "a b:c|d\ne" } }]);
  return metrics;
}

const host = "vm";

test("statsd is sent, in datagrams that pass any network, what was counted in one sum and every time", {
  timeout: 20_000,
}, async () => {
  const received = new Received();
  const socket = await network.bindDatagram("127.0.0.1:0", (_, bytes) => received.take(bytes));
  const metrics = someMetrics();
  const over = new AbortController();
  const receiver = new StatsdReceiver(network, socket.address);
  const sending = sendMetrics({ metrics, clock }, receiver, { interval: seconds(1), host }, over.signal);
  for (let n = 1; n <= 300; n++) metrics.sample(["runtime", "gc_pause_ns"], n);
  metrics.count(["raft", "apply"], 2);
  metrics.count(["raft", "apply"]);
  const text = await received.until("total_ready");
  assert.match(text, /^nomad\.raft\.apply:3\.000000\|c$/m);
  assert.match(text, /^nomad\.vm\.nomad\.broker\.total_ready\.a_b_c_d_e:3\.000000\|g$/m);
  assert.equal(text.match(/^nomad\.runtime\.gc_pause_ns:\d+\.000000\|ms$/gm)?.length, 300);
  assert.ok(received.pieces.every(({ length }) => length <= 1400));
  assert.ok(received.pieces.every((bytes) => bytes.at(-1) === "\n".charCodeAt(0)));
  over.abort();
  await sending;
  await socket.close();
});

test("statsite is sent the same over one connection, and over a new one when that breaks", {
  timeout: 20_000,
}, async () => {
  const connections: Connection[] = [];
  let received = new Received();
  const listener = await network.listen("127.0.0.1:0", (connection) => {
    connections.push(connection);
    void (async () => {
      try {
        for await (const chunk of connection.incoming) received.take(chunk);
      } catch {
        // Broken from the other side.
      }
    })();
  });
  const metrics = someMetrics();
  const over = new AbortController();
  const receiver = new StatsiteReceiver({ network, clock, log: quiet() }, listener.address);
  const sending = sendMetrics({ metrics, clock }, receiver, { interval: seconds(1), host: undefined }, over.signal);
  metrics.count(["raft", "apply"]);
  const text = await received.until("total_ready");
  assert.match(text, /^nomad\.raft\.apply:1\.000000\|c$/m);
  assert.match(text, /^nomad\.nomad\.broker\.total_ready\.a_b_c_d_e:3\.000000\|g$/m);
  received = new Received();
  connections[0]!.close();
  await received.until("total_ready");
  assert.equal(connections.length, 2);
  over.abort();
  await sending;
  for (const connection of connections) connection.close();
  await listener.close();
});

test("nobody at the other end is a warning, and no reason to stop", { timeout: 20_000 }, async () => {
  const listener = await network.listen("127.0.0.1:0", () => {});
  await listener.close();
  const warnings: string[] = [];
  const receiver = new StatsiteReceiver({ network, clock, log: quiet(warnings) }, listener.address);
  await receiver.send(["nomad.x:1|c\n"]);
  await receiver.send(["nomad.x:1|c\n"]);
  assert.deepEqual(warnings, ["statsite cannot be reached, figures are lost"], "the second try waits");
  await receiver.close();
  const unbound = new StatsdReceiver(network, listener.address);
  await unbound.send(["nomad.x:1|c\n"]);
  await unbound.close();
});

function quiet(warnings: string[] = []) {
  const log = {
    trace: () => {},
    debug: () => {},
    info: () => {},
    warn: (phrase: string) => void warnings.push(phrase),
    error: () => {},
    named: () => log,
  };
  return log;
}
