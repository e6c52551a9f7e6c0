import type { SearchNotes } from "../search-notes.ts";
import type { Option } from "./bin-pack.ts";

/** Adds to the score of a node, or has nothing to say. */
export interface Scorer {
  readonly name: string;
  score(option: Option): number | undefined;
}

/** The options with what all scorers add, in their order, looked at only as they are asked for. */
export function* scored(options: Iterable<Option>, scorers: readonly Scorer[], notes: SearchNotes): Iterable<Option> {
  for (const option of options) {
    let total = option.score;
    for (const scorer of scorers) {
      const score = scorer.score(option);
      if (score === undefined) continue;
      notes.scored(option.node, scorer.name, score);
      total += score;
    }
    yield { ...option, score: total };
  }
}

/** At most so many of the first. */
export function* first<Item>(items: Iterable<Item>, count: number): Iterable<Item> {
  if (count <= 0) return;
  let taken = 0;
  for (const item of items) {
    yield item;
    if (++taken >= count) return;
  }
}

/** The option with the highest score, of equal ones the first. */
export function highest(options: Iterable<Option>): Option | undefined {
  let best: Option | undefined;
  for (const option of options) if (best === undefined || option.score > best.score) best = option;
  return best;
}
