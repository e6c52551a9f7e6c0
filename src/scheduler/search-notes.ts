import { type Dictionary, dictionary } from "../base/index.ts";
import { type AllocMetric, highestFitScore, type Node, type NodeID, type PlacementFailure } from "../model/index.ts";
import { Refusals, type Room } from "./refusals.ts";

/** Nodes of which the scores are kept with an allocation: there may be a million of those. Newer versions of Nomad keep as many. */
const mostScored = 5;

const none: Readonly<Dictionary<never>> = Object.freeze(dictionary<never>());

/** A node with room, and what each scorer gave it. */
interface Scored {
  readonly nodeID: NodeID;
  readonly parts: (readonly [scorer: string, score: number])[];
  total: number;
}

/** What is noted while nodes are searched, to be shown to whoever asks why an allocation is where it is, or nowhere. */
export class SearchNotes {
  #evaluated = 0;
  #filtered = 0;
  #exhausted = 0;
  readonly #classFiltered = new Counts();
  readonly #constraintFiltered = new Counts();
  readonly #classExhausted = new Counts();
  readonly #dimensionExhausted = new Counts();
  readonly #scored: Scored[] = [];
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
    const last = this.#scored.at(-1);
    if (last?.nodeID === ID) {
      last.parts.push([scorer, score]);
      last.total += score;
    } else this.#scored.push({ nodeID: ID, parts: [[scorer, score]], total: score });
  }

  /** Scores are given of the best nodes, the best first, as shares of the highest fit; see `withScores` in model. */
  metric(parts: { readonly nodesAvailable: AllocMetric["NodesAvailable"]; readonly time: number }): AllocMetric {
    const best = this.#scored.sort((a, b) => b.total - a.total).slice(0, mostScored);
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
      ScoreMetaData: best.map(normalized),
      AllocationTime: parts.time,
      CoalescedFailures: 0,
    };
  }

  /** The same for a search that found nothing, with who refused and why. */
  failure(parts: Parameters<SearchNotes["metric"]>[0]): PlacementFailure {
    return { ...this.metric(parts), Refusals: this.#noted.rows() };
  }

  get #noted(): Refusals {
    this.#refusals ??= new Refusals();
    return this.#refusals;
  }
}

function normalized({ nodeID, parts, total }: Scored): AllocMetric["ScoreMetaData"][number] {
  const shares = parts.map(([scorer, score]) => [scorer, score / highestFitScore] as const);
  return { NodeID: nodeID, Scores: dictionary(shares), NormScore: total / highestFitScore };
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
