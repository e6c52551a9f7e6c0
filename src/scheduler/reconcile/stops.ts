import { type Allocation, isClientTerminal } from "../../model/index.ts";
import type { Stop } from "../plan-draft.ts";
import type { Taint } from "./taints.ts";

/** The reasons to stop an allocation, in the words that users and other programs see. */
export const stops = {
  notNeeded: { description: "alloc not needed due to job update" },
  migrating: { description: "alloc is being migrated" },
  updating: { description: "alloc is being updated due to job update" },
  lost: { description: "alloc is lost since its node is down", clientStatus: "lost" },
} as const satisfies Record<string, Stop>;

/** How to stop what is not wanted any more: where no client is left to say that it ended, it is lost. */
export function stopUnwanted(allocation: Allocation, taint: Taint | undefined): Stop {
  return taint === "gone" && !isClientTerminal(allocation) ? stops.lost : stops.notNeeded;
}
