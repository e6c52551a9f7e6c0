import { type Node, type Spread, targetValue } from "../../model/index.ts";

/** The values without a target of their own: they share what the targets leave. */
const others = Symbol("others");

/** A value of an attribute, or all values that count as one. */
type Bucket = string | typeof others;

/** What one spread asks for: which share of the allocations each value is to have, among the nodes that there are. */
export interface SpreadGoal {
  readonly weight: number;
  /** From +1 for the nodes where most is missing to -1 for those that have the most, given the nodes taken so far. */
  pulls(taken: readonly Node[]): (node: Node) => number;
}

const worst = -1;

/** `open` are the nodes that may run the group: a value that none of them has is not waited for. */
export function spreadGoal(spread: Spread, open: readonly Node[]): SpreadGoal {
  const shares = sharesOf(spread);
  const shareOf = (bucket: Bucket) => (shares === undefined ? 1 : (shares.get(bucket) ?? 0));
  const bucketOf = (node: Node): Bucket | undefined => {
    const value = targetValue(spread.Attribute, node);
    const bucket = value === undefined || shares === undefined || shares.has(value) ? value : others;
    return bucket === undefined || shareOf(bucket) <= 0 ? undefined : bucket;
  };
  const sought = bucketsOf(open, bucketOf);
  return {
    weight: spread.Weight,
    pulls(taken) {
      const there = bucketsOf(taken, bucketOf);
      const fullness = (bucket: Bucket) => (there.get(bucket) ?? 0) / shareOf(bucket);
      const { emptiest, fullest } = extremes([...sought.keys()].map(fullness));
      return (node) => {
        const bucket = bucketOf(node);
        if (bucket === undefined) return worst;
        if (fullest <= emptiest) return 0;
        return clamped(1 - (2 * (fullness(bucket) - emptiest)) / (fullest - emptiest));
      };
    },
  };
}

/** Undefined if there are no targets: then each value is to have as much as any other. */
function sharesOf({ SpreadTarget }: Spread): ReadonlyMap<Bucket, number> | undefined {
  if (SpreadTarget.length === 0) return undefined;
  const rest = SpreadTarget.reduce((left, { Percent }) => left - Percent, 100);
  return new Map<Bucket, number>([
    [others, rest],
    ...SpreadTarget.map(({ Value, Percent }) => [Value, Percent] as const),
  ]);
}

/** How many of the nodes are in each bucket. */
function bucketsOf(nodes: readonly Node[], bucketOf: (node: Node) => Bucket | undefined): ReadonlyMap<Bucket, number> {
  const counts = new Map<Bucket, number>();
  for (const node of nodes) {
    const bucket = bucketOf(node);
    if (bucket !== undefined) counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
  }
  return counts;
}

function extremes(values: readonly number[]): { readonly emptiest: number; readonly fullest: number } {
  let [emptiest, fullest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) [emptiest, fullest] = [Math.min(emptiest, value), Math.max(fullest, value)];
  return { emptiest, fullest };
}

/** A node that is not open may be fuller or emptier than all that are. */
function clamped(pull: number): number {
  return Math.min(1, Math.max(worst, pull));
}
