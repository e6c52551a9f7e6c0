import { milliseconds, type SeededRandom } from "../base/index.ts";
import { diskFaults, healDisks } from "./faults/disks.ts";
import { type Fault, oneOf } from "./faults/fault.ts";
import { leaderFaults } from "./faults/leaders.ts";
import { healNetwork, networkFaults } from "./faults/networks.ts";
import { processFaults, restartAll, resumeAll } from "./faults/processes.ts";
import type { SimCluster } from "./sim-cluster.ts";

/** All that goes wrong by itself; what operators do is theirs. */
export const faults: readonly Fault[] = [...processFaults, ...networkFaults, ...diskFaults, ...leaderFaults];

/** Makes one thing after another go wrong in a cluster, as chance has it. */
export class Trouble {
  readonly #cluster: SimCluster;
  readonly #random: SeededRandom;
  #isOver = false;

  constructor(cluster: SimCluster) {
    this.#cluster = cluster;
    this.#random = cluster.world.chance("trouble");
  }

  /** Goes on until `end`. */
  async run(): Promise<void> {
    while (!this.#isOver) {
      const wait = milliseconds(300 + this.#random.below(3000));
      await this.#cluster.world.time.sleep(wait, new AbortController().signal);
      if (!this.#isOver) this.#strike();
    }
  }

  /** Nothing new goes wrong any more. */
  end(): void {
    this.#isOver = true;
  }

  /** All that is broken is whole again. */
  heal(): void {
    const { world, agents, servers } = this.#cluster;
    healNetwork(world);
    healDisks(servers);
    resumeAll(agents);
    restartAll(this.#cluster);
  }

  #strike(): void {
    const { world } = this.#cluster;
    const fault = oneOf(faults, this.#random)!;
    const where = fault.strike(this.#cluster, this.#random);
    if (where !== undefined) world.happened(fault.kind, where);
  }
}
