import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { type MemoryCheck, MemoryConsul } from "../../../src/consul/memory-consul.ts";

/** How often it is looked which checks are due, in milliseconds. */
const lookEvery = 50;

/**
 * A stand-in for Consul's agent, which cannot be had here: it answers on a port of its own, and runs the checks that are
 * registered with it, ten times as often as they ask for.
 */
export class ConsulStandIn {
  readonly state: MemoryConsul;
  readonly port: number;
  #server: Server | undefined;
  #looking: NodeJS.Timeout | undefined;
  /** When each check is due again. */
  readonly #due = new Map<MemoryCheck, number>();

  constructor(port: number, cluster: MemoryConsul[] = []) {
    this.port = port;
    this.state = new MemoryConsul({ cluster, node: `consul-${port}` });
  }

  /** As an agent's configuration names it. */
  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Comes, for the first time or again, with what it had. */
  async start(): Promise<this> {
    this.#server = createServer(async (request, response) => {
      const { method = "", url = "", headers } = request;
      this.state.headers.push(headers as Record<string, string>);
      const { status, body } = this.state.answer(method, url, await text(request));
      response.writeHead(status).end(body);
    });
    await once(this.#server.listen(this.port, "127.0.0.1"), "listening");
    this.#looking = setInterval(() => this.#look(), lookEvery);
    return this;
  }

  /** Goes; what is registered stays, unless it `forgets`. */
  async stop(options: { readonly forgets?: boolean } = {}): Promise<void> {
    clearInterval(this.#looking);
    if (options.forgets) {
      this.state.services.clear();
      this.state.checks.clear();
    }
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }

  /** The ids of all services, in order. */
  get services(): readonly string[] {
    return [...this.state.services.keys()].sort();
  }

  #look(): void {
    const now = performance.now();
    for (const check of this.state.checks.values()) {
      if (now < (this.#due.get(check) ?? 0)) continue;
      const { Interval = "1s" } = check.Definition as { Interval?: string };
      this.#due.set(check, now + Number.parseInt(Interval, 10) * 100);
      void this.#run(check);
    }
  }

  async #run(check: MemoryCheck): Promise<void> {
    const { HTTP, TCP } = check.Definition as { HTTP?: string; TCP?: string };
    if (HTTP !== undefined) check.Status = await answers(HTTP);
    if (TCP !== undefined) check.Status = await accepts(TCP);
  }
}

async function answers(url: string): Promise<string> {
  try {
    const { ok } = await fetch(url, { signal: AbortSignal.timeout(2000) });
    return ok ? "passing" : "critical";
  } catch {
    return "critical";
  }
}

function accepts(address: string): Promise<string> {
  const [host, port] = address.split(":");
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port) });
    socket.once("connect", () => resolve("passing"));
    socket.once("error", () => resolve("critical"));
    socket.once("connect", () => socket.destroy());
  });
}
