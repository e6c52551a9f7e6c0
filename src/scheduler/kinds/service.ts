import { running } from "../reconcile/considered.ts";
import type { CountedKind } from "./counted.ts";

/** Jobs that run until they are stopped. They are worth a longer search: so many nodes as `nodeCount` has binary digits. */
export const service: CountedKind = {
  considered: running,
  candidates: (nodeCount) => Math.max(2, Math.ceil(Math.log2(Math.max(1, nodeCount)))),
  antiAffinity: 10,
};
