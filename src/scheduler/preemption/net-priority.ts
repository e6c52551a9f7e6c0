import { type Allocation, highestFitScore } from "../../model/index.ts";
import type { Scorer } from "../ranking/scorer.ts";
import { priorityOf } from "./reluctance.ts";

const highestPriority = 100;

/**
 * The importance of what has to be stopped on a node, in one number: that of the most important, and a little more for
 * each of the others, by its share of that. Source: net priority, as in Nomad since 0.9.
 */
export function netPriority(preempted: readonly Allocation[]): number {
  const priorities = preempted.map(priorityOf);
  const highest = Math.max(0, ...priorities);
  return highest === 0 ? 0 : highest + priorities.reduce((sum, priority) => sum + priority, 0) / highest;
}

/** A node gains as much as a full one if nothing of importance has to be stopped there, and about half of it if what matters most. */
export const preemption: Scorer = {
  name: "preemption",
  score: ({ preempted = [] }) => (highestPriority / (highestPriority + netPriority(preempted))) * highestFitScore,
};
