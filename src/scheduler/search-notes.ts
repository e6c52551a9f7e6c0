import { type Dictionary, dictionary } from "../base/index.ts";
import { type AllocMetric, highestFitScore, type Node, type NodeID, type PlacementFailure } from "../model/index.ts";
import { Refusals, type Room } from "./refusals.ts";

/** Nodes of which the scores are kept with an allocation: there may be a million of those. Newer versions of Nomad keep as many. */
const mostScored = 5;

const none: Readonly<Dictionary<never>> = Object.freeze(dictionary<never>());

/** What is noted while nodes are searched, to be shown to whoever asks why an allocation is where it is, or nowhere. */
export class SearchNotes {
  #evaluated = 0;
  #filtered = 0;
  #exhausted = 0;
  readonly #classFiltered = new Counts();
  readonly #constraintFiltered = new Counts();
  readonly #classExhausted = new Counts();
  readonly #dimensionExhausted = new Counts();
  /** The nodes with room, and for each what all scorers gave it together and where its part of `#scores` begins. */
  readonly #nodes: NodeID[] = [];
  readonly #totals: number[] = [];
  readonly #begins: number[] = [];
  readonly #scorers: string[] = [];
  readonly #scores: number[] = [];
  /** Most searches find a place at once. */
  #refusals: Refusals | undefined;

  evaluated(): void {
    this.#evaluated++;
  }

  /** The node may not run it. `cause` is what stands behind a reason that is an abbreviation. */
  filtered(node: Node, reason: string, cause = reason): void {
    this.#filtered++;
    this.#noted.filtered(node, cause);
    if (node.NodeClass !== "") this.#classFiltered.add(node.NodeClass);
    this.#constraintFiltered.add(reason);
  }

  /** The node could run it if it had more of `dimension`. */
  exhausted(node: Node, dimension: string, room?: Room): void {
    this.#exhausted++;
    this.#noted.exhausted(node, dimension, room);
    if (node.NodeClass !== "") this.#classExhausted.add(node.NodeClass);
    this.#dimensionExhausted.add(dimension);
  }

  /** All that is said of one node is said before anything of the next. */
  scored({ ID }: Node, scorer: string, score: number): void {
    let last = this.#nodes.length - 1;
    if (this.#nodes[last] !== ID) {
      last = this.#nodes.push(ID) - 1;
      this.#totals.push(0);
      this.#begins.push(this.#scores.length);
    }
    this.#scorers.push(scorer);
    this.#scores.push(score);
    (this.#totals[last] as number) += score;
  }

  /** Scores are given of the best nodes, the best first, as shares of the highest fit; see `withScores` in model. */
  metric(parts: { readonly nodesAvailable: AllocMetric["NodesAvailable"]; readonly time: number }): AllocMetric {
    return {
      NodesEvaluated: this.#evaluated,
      NodesFiltered: this.#filtered,
      NodesInPool: 0,
      NodesAvailable: parts.nodesAvailable,
      ClassFiltered: this.#classFiltered.all,
      ConstraintFiltered: this.#constraintFiltered.all,
      NodesExhausted: this.#exhausted,
      ClassExhausted: this.#classExhausted.all,
      DimensionExhausted: this.#dimensionExhausted.all,
      QuotaExhausted: [],
      ResourcesExhausted: none,
      Scores: none,
      ScoreMetaData: this.#best().map((at) => this.#scoresOf(at)),
      AllocationTime: parts.time,
      CoalescedFailures: 0,
    };
  }

  /** The same for a search that found nothing, with who refused and why. */
  failure(parts: Parameters<SearchNotes["metric"]>[0]): PlacementFailure {
    return { ...this.metric(parts), Refusals: this.#noted.rows() };
  }

  /** Places of the best nodes, the best first, of equal ones that which was looked at first. */
  #best(): readonly number[] {
    const totals = this.#totals;
    const best: number[] = [];
    for (let at = 0; at < totals.length; at++) {
      let place = best.length;
      while (place > 0 && (totals[at] as number) > (totals[best[place - 1] as number] as number)) place--;
      if (place < mostScored) best.splice(place, 0, at);
      if (best.length > mostScored) best.pop();
    }
    return best;
  }

  #scoresOf(at: number): AllocMetric["ScoreMetaData"][number] {
    const Scores = dictionary<number>();
    const end = this.#begins[at + 1] ?? this.#scores.length;
    for (let part = this.#begins[at] as number; part < end; part++) {
      Scores[this.#scorers[part] as string] = (this.#scores[part] as number) / highestFitScore;
    }
    return { NodeID: this.#nodes[at] as NodeID, Scores, NormScore: (this.#totals[at] as number) / highestFitScore };
  }

  get #noted(): Refusals {
    this.#refusals ??= new Refusals();
    return this.#refusals;
  }
}

/** How often something was met; most searches meet nothing. */
class Counts {
  #counts: Dictionary<number> | undefined;

  get all(): Readonly<Dictionary<number>> {
    return this.#counts ?? none;
  }

  add(key: string): void {
    this.#counts ??= dictionary();
    this.#counts[key] = (this.#counts[key] ?? 0) + 1;
  }
}
