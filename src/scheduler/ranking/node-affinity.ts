import { type Affinity, constraintCheck, highestFitScore } from "../../model/index.ts";
import type { Scorer } from "./scorer.ts";

/**
 * The weights of the affinities that a node meets, as a share of all weights without their signs. A node that meets all
 * that is wished for gains as much as a full one has from being full; one that is all that is to be avoided loses as much.
 */
export function nodeAffinity(affinities: readonly Affinity[]): Scorer {
  const checks = affinities.map((affinity) => ({ isMet: constraintCheck(affinity), weight: affinity.Weight }));
  const total = affinities.reduce((sum, { Weight }) => sum + Math.abs(Weight), 0);
  return {
    name: "node-affinity",
    score({ node }) {
      const met = checks.reduce((sum, { isMet, weight }) => (isMet(node) ? sum + weight : sum), 0);
      return (met / total) * highestFitScore;
    },
  };
}
