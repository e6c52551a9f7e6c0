import { runningOrDone } from "../reconcile/considered.ts";
import type { CountedKind } from "./counted.ts";

/** Jobs that run to their end. The better of two random nodes is nearly as good as the best of many, and found at once. */
export const batch: CountedKind = {
  considered: runningOrDone,
  candidates: () => 2,
  antiAffinity: 5,
};
