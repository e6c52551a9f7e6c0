import { Agent, get } from "node:http";
import { defaultQueryOptions, encodeRequest, updateNodeStatus } from "../../src/api/index.ts";
import { RpcPool } from "../../src/rpc/index.ts";
import { nodeRuntime } from "../../src/runtime/node/index.ts";
import { machine } from "./works.ts";

const every = 50;

/** Latencies in milliseconds. */
export interface Latencies {
  readonly asked: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/**
 * Asks a server for a job by HTTP, and lets a node say that it lives, twenty times a second each, whether or not earlier
 * questions were answered: so what takes long is not asked less often.
 */
export class Probes {
  readonly #http: number[] = [];
  readonly #heartbeats: number[] = [];
  readonly #agent = new Agent({ keepAlive: true });
  readonly #pool: RpcPool;
  readonly #timer: NodeJS.Timeout;
  readonly #port: number;
  readonly #address: string;
  readonly #path: string;
  failed = 0;

  /** `path` is what HTTP is asked for. */
  constructor(server: { readonly httpPort: number; readonly rpcAddress: string }, path: string) {
    this.#port = server.httpPort;
    this.#address = server.rpcAddress;
    this.#path = path;
    this.#pool = new RpcPool(nodeRuntime({ logLevel: "ERR", writeLog: () => {} }));
    this.#timer = setInterval(() => {
      void this.#timed(this.#http, () => this.#ask());
      void this.#timed(this.#heartbeats, () => this.#heartbeat());
    }, every);
  }

  async stop(): Promise<{ readonly http: Latencies; readonly heartbeats: Latencies }> {
    clearInterval(this.#timer);
    await this.#pool.close();
    this.#agent.destroy();
    return { http: latencies(this.#http), heartbeats: latencies(this.#heartbeats) };
  }

  async #timed(into: number[], work: () => Promise<unknown>): Promise<void> {
    const began = performance.now();
    try {
      await work();
      into.push(performance.now() - began);
    } catch {
      this.failed++;
    }
  }

  #heartbeat(): Promise<unknown> {
    const { ID: NodeID } = machine(1);
    const asked = encodeRequest(updateNodeStatus, { NodeID, Status: "ready" }, defaultQueryOptions);
    return this.#pool.call(this.#address, updateNodeStatus.name, asked);
  }

  #ask(): Promise<void> {
    return new Promise((resolve, reject) => {
      const asked = get({ port: this.#port, host: "127.0.0.1", path: this.#path, agent: this.#agent }, (answer) => {
        answer.resume().on("end", () => (answer.statusCode === 200 ? resolve() : reject(new Error("refused"))));
      });
      asked.on("error", reject);
    });
  }
}

function latencies(all: readonly number[]): Latencies {
  const sorted = [...all].sort((a, b) => a - b);
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN;
  return { asked: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1) };
}
