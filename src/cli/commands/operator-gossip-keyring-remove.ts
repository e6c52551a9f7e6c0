import { clientCommand } from "../command.ts";
import { answered } from "../command-failed.ts";

/** `nomad operator gossip keyring remove` */
export const command = clientCommand({
  usage: "[options] <key>",
  about: `Lets all servers forget a key. The one that they encrypt with cannot be removed.`,
  flags: {},
  run: async ({ nomad, args, say, misused }) => {
    const [key] = args;
    if (key === undefined || args.length !== 1) return misused();
    say("Removing gossip encryption key...");
    await answered("Error removing gossip key", nomad.agent.removeGossipKey(key));
    return 0;
  },
});
