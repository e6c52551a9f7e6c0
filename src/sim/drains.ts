import { type Duration, milliseconds, type SeededRandom, seconds } from "../base/index.ts";
import type { Node } from "../model/index.ts";
import { oneOf } from "./faults/fault.ts";
import type { SimAgent } from "./sim-agent.ts";
import type { SimCluster } from "./sim-cluster.ts";

const unending = new AbortController().signal;
const rest: Duration = milliseconds(500);
/** Where all is whole, a drain is ended within this time. */
const undoPatience = 120;

/** What is done to nodes, by the names under which it is counted. */
export const drainDeeds: readonly string[] = ["drain a node", "end a drain"];

/** Whoever empties machines to work on them, and gives them back. */
export class Drains {
  readonly #cluster: SimCluster;
  readonly #random: SeededRandom;
  #isOver = false;

  constructor(cluster: SimCluster) {
    this.#cluster = cluster;
    this.#random = cluster.world.chance("drains");
  }

  /** Drains one node or another, or ends that, until `end`. */
  async run(): Promise<void> {
    while (!this.#isOver) {
      await this.#sleep(milliseconds(1000 + this.#random.below(5000)));
      const asked = oneOf(this.#serving(), this.#random);
      if (this.#isOver || asked === undefined) continue;
      const node = oneOf(nodesKnownTo(asked), this.#random);
      if (node !== undefined) await this.#set(asked, node, !node.Drain);
    }
  }

  end(): void {
    this.#isOver = true;
  }

  /** Ends all drains, when nothing goes wrong any more. */
  async undo(): Promise<void> {
    for (let tries = 0; tries < undoPatience; tries++) {
      const leader = this.#serving().find(({ running }) => running?.agent.server === this.#cluster.leader);
      const drained = leader && nodesKnownTo(leader).filter(({ Drain }) => Drain);
      if (drained?.length === 0) return;
      for (const node of drained ?? []) await this.#set(leader!, node, false);
      await this.#sleep(rest);
    }
    this.#cluster.world.breakPromise("drains are ended where nothing goes wrong");
  }

  async #set(asked: SimAgent, { ID, Name }: Node, enable: boolean): Promise<void> {
    const target = `/v1/node/${ID}/drain?enable=${enable}`;
    const answer = await this.#cluster.ask(asked, { method: "PUT", target }, seconds(5));
    if (answer?.status === 200) this.#cluster.world.happened(enable ? "drain a node" : "end a drain", Name);
  }

  #serving(): readonly SimAgent[] {
    return this.#cluster.servers.filter(({ running }) => running?.agent.server !== undefined);
  }

  #sleep(time: Duration): Promise<void> {
    return this.#cluster.world.time.sleep(time, unending);
  }
}

function nodesKnownTo({ running }: SimAgent): readonly Node[] {
  return [...(running?.agent.server?.state.view().nodes.all() ?? [])];
}
