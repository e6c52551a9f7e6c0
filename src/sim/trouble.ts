import { milliseconds, type SeededRandom } from "../base/index.ts";
import type { SimAgent } from "./sim-agent.ts";
import type { SimCluster } from "./sim-cluster.ts";

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
      const wait = milliseconds(500 + this.#random.below(4000));
      await this.#cluster.world.time.sleep(wait, new AbortController().signal);
      if (!this.#isOver) this.#strike();
    }
  }

  /** Nothing goes wrong any more, and all that is broken is whole again. */
  end(): void {
    this.#isOver = true;
    this.#heal();
    this.#restartAll(this.#cluster.agents);
  }

  #strike(): void {
    const { world, servers } = this.#cluster;
    const [one, other] = [this.#one(servers), this.#one(servers)];
    const strikes: readonly (readonly [string, () => void])[] = [
      [`crash ${one.name}`, () => (one.running === undefined ? this.#restart(one) : one.crash())],
      ["restart what is down", () => this.#restartAll(servers)],
      [`cut ${one.name} > ${other.name}`, () => this.#cut(one.machine.address, other.machine.address)],
      [`isolate ${one.name}`, () => this.#isolate(one.machine.address)],
      ["heal", () => this.#heal()],
      [`reset ${one.name}`, () => world.network.resetConnections(one.machine.address, other.machine.address)],
      [
        "slow network",
        () => {
          world.network.slowness = 1 + this.#random.below(200);
        },
      ],
      [
        "lossy network",
        () => {
          world.network.datagramLoss = this.#random.fraction() / 2;
        },
      ],
      [
        `slow disk of ${one.name}`,
        () => {
          one.machine.syncTime = milliseconds(1 + this.#random.below(500));
        },
      ],
    ];
    const [name, act] = this.#one(strikes);
    world.note(name);
    act();
  }

  #restartAll(agents: readonly SimAgent[]): void {
    for (const agent of agents) if (agent.running === undefined) this.#restart(agent);
  }

  /** What was on its way up begins anew. */
  #restart(agent: SimAgent): void {
    agent.crash();
    this.#cluster.world.restart(agent);
  }

  #cut(from: string, to: string): void {
    if (from !== to) this.#cluster.world.network.links.cut({ from, to });
  }

  #isolate(host: string): void {
    for (const { machine } of this.#cluster.agents) {
      this.#cut(host, machine.address);
      this.#cut(machine.address, host);
    }
  }

  #heal(): void {
    const { network } = this.#cluster.world;
    network.links.heal();
    network.slowness = 1;
    network.datagramLoss = 0;
    for (const { machine } of this.#cluster.servers) machine.syncTime = milliseconds(1);
  }

  #one<Value>(values: readonly Value[]): Value {
    return values[this.#random.below(values.length)]!;
  }
}
