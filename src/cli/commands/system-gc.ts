import { clientCommand } from "../command.ts";
import { answered } from "../command-failed.ts";

/** `nomad system gc` */
export const command = clientCommand({
  usage: "[options]",
  about: `Has the servers collect what is done with, whatever its age: jobs and evaluations
that have ended, their allocations, and nodes that are down. Returns before the
work is done.`,
  flags: {},
  run: async ({ nomad, args, misused }) => {
    if (args.length > 0) return misused();
    await answered("Error running system garbage-collection", nomad.system.collectGarbage());
    return 0;
  },
});
