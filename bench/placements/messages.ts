import type { Behaviour } from "./fleet.ts";
import type { Work } from "./works.ts";

/** What the process of the simulated nodes is told to do. */
export type ToClients =
  | { readonly kind: "begin"; readonly address: string; readonly nodes: number; readonly behaviour: Behaviour }
  | {
      readonly kind: "place";
      readonly work: Work;
      readonly prefix: string;
      readonly httpPort: number;
      /** After so many seconds it is not waited any more. */
      readonly patience: number;
    };

/** What became of a work. Times in seconds from the first registration on. */
export interface WorkDone {
  readonly kind: "placed";
  readonly wanted: number;
  /** Allocations that nodes were told of, and when the last of them. */
  readonly seen: number;
  readonly seconds: number;
  readonly registeredAfter: number;
  /** Answers to nodes that waited for their allocations. */
  readonly answers: number;
  /** Allocations seen, after each second. */
  readonly timeline: readonly number[];
  /** What the nodes themselves took of the processor. */
  readonly ownCpuMs: number;
  readonly errors: number;
  readonly firstError: string;
}

/** What it answers. */
export type FromClients = { readonly kind: "ready" } | WorkDone;
