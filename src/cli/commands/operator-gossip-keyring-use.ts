import { clientCommand } from "../command.ts";
import { answered } from "../command-failed.ts";

/** `nomad operator gossip keyring use` */
export const command = clientCommand({
  usage: "[options] <key>",
  about: `Lets all servers encrypt with a key that they know. Install it first.`,
  flags: {},
  run: async ({ nomad, args, say, misused }) => {
    const [key] = args;
    if (key === undefined || args.length !== 1) return misused();
    say("Changing primary gossip encryption key...");
    await answered("Error changing the primary gossip key", nomad.agent.useGossipKey(key));
    return 0;
  },
});
