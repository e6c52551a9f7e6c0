import { type Duration, unreachable } from "../base/index.ts";
import type { Metrics } from "../runtime/index.ts";

/** What happened that is only counted. */
export type Figure =
  /** Something was said of a member that was news. */
  | { readonly kind: "rumour"; readonly about: "alive" | "suspect" | "dead" }
  /** A probe is over, answered or not, after this time. */
  | { readonly kind: "probed"; readonly took: Duration }
  /** A probe begins that is given more time, since this member is late itself. */
  | { readonly kind: "patientProbe" }
  /** A suspect was given up though fewer others than were expected had confirmed it. */
  | { readonly kind: "loneVerdict" }
  /** A member is here again that failed a short while ago. */
  | { readonly kind: "flap" }
  /** A message of Serf's, in or out. */
  | { readonly kind: "heard" | "told"; readonly bytes: number };

const names = {
  rumour: {
    alive: ["memberlist", "msg", "alive"],
    suspect: ["memberlist", "msg", "suspect"],
    dead: ["memberlist", "msg", "dead"],
  },
  probed: ["memberlist", "probeNode"],
  patientProbe: ["memberlist", "degraded", "probe"],
  loneVerdict: ["memberlist", "degraded", "timeout"],
  flap: ["serf", "member", "flap"],
  heard: ["serf", "msgs", "received"],
  told: ["serf", "msgs", "sent"],
};

/** Counts under the names of memberlist and Serf. */
export function measure(figure: Figure, metrics: Metrics): void {
  switch (figure.kind) {
    case "rumour":
      metrics.count(names.rumour[figure.about]);
      return;
    case "probed":
      metrics.time(names.probed, figure.took);
      return;
    case "patientProbe":
    case "loneVerdict":
    case "flap":
      metrics.count(names[figure.kind]);
      return;
    case "heard":
    case "told":
      metrics.sample(names[figure.kind], figure.bytes);
      return;
    default:
      unreachable(figure);
  }
}
