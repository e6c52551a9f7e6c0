import { clientCommand } from "../command.ts";
import { answered } from "../command-failed.ts";

/** `nomad server-force-leave` */
export const command = clientCommand({
  usage: "[options] <node>",
  about: `Counts a server as having left, by its name as "nomad server-members" lists it.
For servers that have failed and will not come back: one that is still alive
joins again by itself.`,
  flags: {},
  run: async ({ nomad, args, misused }) => {
    const [name] = args;
    if (name === undefined || args.length !== 1) return misused();
    await answered(`Error force-leaving server ${name}`, nomad.agent.forceLeave(name));
    return 0;
  },
});
