import { assert, type SeededRandom, seconds } from "../base/index.ts";
import type { Applied } from "../state/index.ts";
import { oneOf } from "./faults/fault.ts";
import type { SimAgent } from "./sim-agent.ts";
import type { SimCluster } from "./sim-cluster.ts";

const waits = seconds(5);
/** How long a watcher waits for an answer: longer than the server is to hold it. */
const patience = seconds(20);

/** What a list of jobs told, as one text: which there are, and where each was changed last. */
type Told = string;

/**
 * Users who wait for changes of the list of jobs, at one server each until it fails them. They are told of every change at
 * the moment in which their server has it; what they are told is what was so at the index that comes with it; and the index of
 * one server never goes back while it runs.
 */
export class Watchers {
  readonly #cluster: SimCluster;
  readonly #random: SeededRandom;
  /** What was so at each index at which a job changed. */
  readonly #truth = new Map<number, Told>([[0, ""]]);
  #isOver = false;
  #answers = 0;

  constructor(cluster: SimCluster) {
    this.#cluster = cluster;
    this.#random = cluster.world.chance("watchers");
    cluster.world.agreement.watch((view, applied: Applied) => {
      if (!applied.changes.some(({ table }) => table === "jobs" || table === "jobSummaries")) return;
      this.#truth.set(applied.index, toldBy([...view.jobs.all()]));
    });
  }

  /** So many answers were held against the truth. */
  get answers(): number {
    return this.#answers;
  }

  /** One watcher, until `end`. */
  async run(name: string): Promise<void> {
    while (!this.#isOver) {
      await this.#cluster.world.time.sleep(seconds(this.#random.fraction()), new AbortController().signal);
      const server = oneOf(this.#cluster.servers, this.#random)!;
      if (server.running !== undefined) await this.#watch(name, server);
    }
  }

  end(): void {
    this.#isOver = true;
  }

  /** Follows one server until it does not answer, or comes up anew. */
  async #watch(name: string, server: SimAgent): Promise<void> {
    const { running } = server;
    let index = 0;
    for (let turns = 10; turns > 0 && !this.#isOver; turns--) {
      const target = `/v1/jobs?stale&index=${index}&wait=${waits / 1e9}s`;
      const answer = await this.#cluster.ask(server, { method: "GET", target }, patience);
      if (answer?.status !== 200 || server.running !== running || running === undefined) return;
      const { jobs, jobSummaries } = running.agent.server!.state.view();
      const newest = Math.max(jobs.lastIndex, jobSummaries.lastIndex);
      const isOfNow = this.#cluster.world.appliedAt.get(server.name) === this.#cluster.world.time.now();
      assert(
        answer.index === newest || isOfNow,
        `${server.name} tells of every change: of index ${answer.index} at ${newest}`,
      );
      assert(answer.index >= index, `the index of ${server.name} never goes back: ${answer.index} after ${index}`);
      index = answer.index;
      this.#heldAgainst(name, index, toldBy(JSON.parse(answer.text)));
    }
  }

  /** A list carries the index of the last change of any job: between two of them nothing changes. */
  #heldAgainst(name: string, index: number, told: Told): void {
    const truth = this.#truth.get(index);
    this.#answers++;
    assert(truth === told, `what ${name} is told at index ${index} was so: ${told} instead of ${truth}`);
  }
}

function toldBy(jobs: readonly { readonly ID: string; readonly JobModifyIndex: number }[]): Told {
  return jobs
    .map(({ ID, JobModifyIndex }) => `${ID}@${JobModifyIndex}`)
    .sort()
    .join(" ");
}
