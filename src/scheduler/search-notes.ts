import { type Dictionary, dictionary } from "../base/index.ts";
import { type AllocMetric, highestFitScore, type Node, type NodeID, type PlacementFailure } from "../model/index.ts";
import { Refusals, type Room } from "./refusals.ts";

/** What is noted while nodes are searched, to be shown to whoever asks why an allocation is where it is, or nowhere. */
export class SearchNotes {
  #evaluated = 0;
  #filtered = 0;
  #exhausted = 0;
  readonly #classFiltered: Dictionary<number> = dictionary();
  readonly #constraintFiltered: Dictionary<number> = dictionary();
  readonly #classExhausted: Dictionary<number> = dictionary();
  readonly #dimensionExhausted: Dictionary<number> = dictionary();
  readonly #scores = new Map<NodeID, Map<string, number>>();
  /** Most searches find a place at once. */
  #refusals: Refusals | undefined;

  evaluated(): void {
    this.#evaluated++;
  }

  /** The node may not run it. `cause` is what stands behind a reason that is an abbreviation. */
  filtered(node: Node, reason: string, cause = reason): void {
    this.#filtered++;
    this.#noted.filtered(node, cause);
    if (node.NodeClass !== "") count(this.#classFiltered, node.NodeClass);
    count(this.#constraintFiltered, reason);
  }

  /** The node could run it if it had more of `dimension`. */
  exhausted(node: Node, dimension: string, room?: Room): void {
    this.#exhausted++;
    this.#noted.exhausted(node, dimension, room);
    if (node.NodeClass !== "") count(this.#classExhausted, node.NodeClass);
    count(this.#dimensionExhausted, dimension);
  }

  scored(node: Node, scorer: string, score: number): void {
    const scores = this.#scores.get(node.ID) ?? new Map<string, number>();
    this.#scores.set(node.ID, scores.set(scorer, score));
  }

  /**
   * Scores are given twice: as older programs read them, and for newer ones as shares of the highest fit,
   * the best node first.
   */
  metric(parts: { readonly nodesAvailable: AllocMetric["NodesAvailable"]; readonly time: number }): AllocMetric {
    const scores = [...this.#scores];
    return {
      NodesEvaluated: this.#evaluated,
      NodesFiltered: this.#filtered,
      NodesInPool: 0,
      NodesAvailable: parts.nodesAvailable,
      ClassFiltered: this.#classFiltered,
      ConstraintFiltered: this.#constraintFiltered,
      NodesExhausted: this.#exhausted,
      ClassExhausted: this.#classExhausted,
      DimensionExhausted: this.#dimensionExhausted,
      QuotaExhausted: [],
      ResourcesExhausted: dictionary(),
      Scores: dictionary(
        scores.flatMap(([nodeID, all]) => [...all].map(([scorer, score]) => [`${nodeID}.${scorer}`, score] as const)),
      ),
      ScoreMetaData: scores.map(([nodeID, all]) => normalized(nodeID, all)).sort((a, b) => b.NormScore - a.NormScore),
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

function normalized(NodeID: NodeID, scores: ReadonlyMap<string, number>): AllocMetric["ScoreMetaData"][number] {
  const shares = [...scores].map(([scorer, score]) => [scorer, score / highestFitScore] as const);
  return { NodeID, Scores: dictionary(shares), NormScore: shares.reduce((sum, [, share]) => sum + share, 0) };
}

function count(counts: Dictionary<number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}
