import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Behaviour } from "./fleet.ts";
import type { FromClients, ToClients, WorkDone } from "./messages.ts";
import { OneServer, type Running } from "./one-server.ts";
import type { Work } from "./works.ts";

const clients = fileURLToPath(new URL("clients.ts", import.meta.url));

/** A server and the process of its simulated nodes. */
export class Cluster {
  readonly server: OneServer;
  readonly #nodes: ChildProcess;

  private constructor(server: OneServer, nodes: ChildProcess) {
    this.server = server;
    this.#nodes = nodes;
  }

  /** Resolves when all nodes are ready. */
  static async start(nodes: number, behaviour: Behaviour, running: Running): Promise<Cluster> {
    const server = await OneServer.start(running);
    const cluster = new Cluster(server, fork(clients, { stdio: "inherit" }));
    try {
      await cluster.#tell({ kind: "begin", address: server.rpcAddress, nodes, behaviour });
      return cluster;
    } catch (error) {
      await cluster.dispose();
      throw error;
    }
  }

  /** Registers the jobs of a work, named after `prefix`; resolves when the nodes know of all allocations, or after `patience` in seconds. */
  place(work: Work, prefix: string, patience: number): Promise<WorkDone> {
    return this.#tell({ kind: "place", work, prefix, httpPort: this.server.httpPort, patience }) as Promise<WorkDone>;
  }

  async dispose(): Promise<void> {
    if (this.#nodes.connected) this.#nodes.disconnect();
    await this.server.dispose();
  }

  async #tell(message: ToClients): Promise<FromClients> {
    this.#nodes.send(message);
    const gone = once(this.#nodes, "exit").then(() => Promise.reject(new Error("The simulated nodes have ended")));
    const [answer] = (await Promise.race([once(this.#nodes, "message"), gone])) as [FromClients];
    return answer;
  }
}
