import { clientCommand } from "../command.ts";
import { answered } from "../command-failed.ts";

/** `nomad system reconcile summaries` */
export const command = clientCommand({
  usage: "[options]",
  about: "Has the servers count anew how many allocations of each job wait, run and have ended.",
  flags: {},
  run: async ({ nomad, args, misused }) => {
    if (args.length > 0) return misused();
    await answered("Error running system summary reconciliation", nomad.system.reconcileSummaries());
    return 0;
  },
});
