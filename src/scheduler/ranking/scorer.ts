import type { Option } from "./bin-pack.ts";

/** Adds to the score of a node, or has nothing to say. */
export interface Scorer {
  readonly name: string;
  score(option: Option): number | undefined;
}
