import { type Dictionary, dictionary } from "../base/index.ts";
import { type AllocMetric, highestFitScore, type Node, type NodeID, type PlacementFailure } from "../model/index.ts";
import { Refusals, type Room } from "./refusals.ts";

/** Nodes of which the scores are kept with an allocation: there may be a million of those. Newer versions of Nomad keep as many. */
const mostScored = 5;

/** What a scorer gave a node. A chain, for there are one or two of them, and it is short-lived: a list would take four times as much. */
interface Part {
  readonly scorer: string;
  readonly score: number;
  next: Part | undefined;
}

/** A node with room, and what all scorers gave it together. */
interface Scored {
  readonly nodeID: NodeID;
  total: number;
  readonly first: Part;
  last: Part;
}

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
    const part: Part = { scorer, score, next: undefined };
    const last = this.#scored[this.#scored.length - 1];
    if (last === undefined || last.nodeID !== ID) {
      this.#scored.push({ nodeID: ID, total: score, first: part, last: part });
      return;
    }
    last.total += score;
    last.last.next = part;
    last.last = part;
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
      ScoreMetaData: this.#best().map(scoresOf),
      AllocationTime: parts.time,
      CoalescedFailures: 0,
    };
  }

  /** The same for a search that found nothing, with who refused and why. */
  failure(parts: Parameters<SearchNotes["metric"]>[0]): PlacementFailure {
    return { ...this.metric(parts), Refusals: this.#noted.rows() };
  }

  /** The best nodes, the best first, of equal ones that which was looked at first. */
  #best(): readonly Scored[] {
    const best: Scored[] = [];
    for (const scored of this.#scored) {
      let place = best.length;
      while (place > 0 && scored.total > (best[place - 1] as Scored).total) place--;
      if (place < mostScored) best.splice(place, 0, scored);
      if (best.length > mostScored) best.pop();
    }
    return best;
  }

  get #noted(): Refusals {
    this.#refusals ??= new Refusals();
    return this.#refusals;
  }
}

function scoresOf({ nodeID, total, first }: Scored): AllocMetric["ScoreMetaData"][number] {
  const Scores = dictionary<number>();
  for (let part: Part | undefined = first; part !== undefined; part = part.next) {
    Scores[part.scorer] = part.score / highestFitScore;
  }
  return { NodeID: nodeID, Scores, NormScore: total / highestFitScore };
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
