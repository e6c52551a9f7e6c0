import { assert, type Duration, seconds } from "../base/index.ts";
import { staticFingerprint } from "../client/index.ts";
import { isTerminalAllocation } from "../model/index.ts";
import type { Server } from "../server/index.ts";
import { digest, jobKey, type StateView } from "../state/index.ts";
import type { SimAgent } from "./sim-agent.ts";
import type { World } from "./world.ts";

/** How many agents a cluster has. */
export interface ClusterSize {
  readonly servers: number;
  readonly clients: number;
}

/** Servers and clients of one world, each on a machine with an address of its own. */
export class SimCluster {
  readonly world: World;
  readonly servers: readonly SimAgent[];
  readonly clients: readonly SimAgent[];

  constructor(world: World, size: ClusterSize) {
    this.world = world;
    const hosts = Array.from({ length: size.servers }, (_, number) => `10.0.0.${number + 1}`);
    this.servers = hosts.map((address, number) =>
      world.startServer(`server-${number + 1}`, { address, servers: hosts }),
    );
    this.clients = Array.from({ length: size.clients }, (_, number) => {
      const address = `10.0.1.${number + 1}`;
      const network = { device: "eth0", address, mbits: 1000 };
      const resources = staticFingerprint({ cpuMHz: 4000, memoryMB: 8192, diskMB: 50_000, network });
      return world.startClient(`client-${number + 1}`, { address, servers: hosts }, resources);
    });
  }

  get agents(): readonly SimAgent[] {
    return [...this.servers, ...this.clients];
  }

  /** The servers whose process runs. */
  get serving(): readonly Server[] {
    return this.servers.flatMap(({ running }) => running?.agent.server ?? []);
  }

  /** The server that leads, if one does and no other thinks so too. */
  get leader(): Server | undefined {
    const leaders = this.serving.filter((server) => server.statistics().nomad?.leader === "true");
    return leaders.length === 1 ? leaders[0] : undefined;
  }

  /**
   * Waits until all is as it must become where nothing goes wrong any more: every agent is up, one leads, every client
   * is ready, nothing waits to be decided, all that is wanted runs, and every server knows it.
   */
  async converge(patience: Duration): Promise<void> {
    const { time } = this.world;
    const end = time.now() + patience;
    for (let missing = this.#missing(); missing !== undefined; missing = this.#missing()) {
      assert(time.now() < end, `the cluster converges: ${missing}`);
      await this.world.pass(seconds(1));
    }
  }

  /** What is not yet as it must become. */
  #missing(): string | undefined {
    if (this.agents.some(({ running }) => running === undefined)) return "not every agent is up";
    const { leader } = this;
    if (leader === undefined) return "there is no leader";
    const view = leader.state.view();
    return this.#missingIn(view) ?? this.#disagreement(view);
  }

  #missingIn(view: StateView): string | undefined {
    const ready = [...view.nodes.all()].filter(({ Status }) => Status === "ready");
    if (ready.length !== this.clients.length) return `${ready.length} of ${this.clients.length} nodes are ready`;
    const undecided = [...view.evaluations.all()].find(({ Status }) => Status === "pending");
    if (undecided !== undefined) return `evaluation ${undecided.ID} of job ${undecided.JobID} is pending`;
    for (const job of view.jobs.all()) {
      const running = [...view.allocations.by("job", jobKey(job.Namespace, job.ID))].filter(
        (allocation) => !isTerminalAllocation(allocation) && allocation.ClientStatus === "running",
      );
      const wanted = job.Stop ? 0 : job.TaskGroups.reduce((sum, { Count }) => sum + Count, 0);
      if (running.length !== wanted) return `${running.length} of ${wanted} allocations of job ${job.ID} run`;
    }
    return undefined;
  }

  #disagreement(view: StateView): string | undefined {
    const own = digest(view);
    const other = this.serving.find(({ state }) => digest(state.view()) !== own);
    return other && `a server is at index ${other.state.view().index}, the leader at ${view.index}`;
  }
}
