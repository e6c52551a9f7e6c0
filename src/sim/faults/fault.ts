import type { SeededRandom } from "../../base/index.ts";
import type { SimCluster } from "../sim-cluster.ts";

/** Something that can go wrong in a cluster. */
export interface Fault {
  /** For coverage: one of these must have happened in some world. */
  readonly kind: string;
  /** Lets it happen; gives a few words about where, or undefined when it cannot happen now. */
  strike(cluster: SimCluster, random: SeededRandom): string | undefined;
}

/** One of these, as chance has it; undefined when there is none. */
export function oneOf<Value>(values: readonly Value[], random: SeededRandom): Value | undefined {
  return values[random.below(values.length)];
}
