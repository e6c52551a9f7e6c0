import { clientCommand } from "../command.ts";
import { answered } from "../command-failed.ts";

/** `nomad operator gossip keyring install` */
export const command = clientCommand({
  usage: "[options] <key>",
  about: `Lets all servers know a key, in base64 of 16, 24 or 32 bytes: they understand
what is encrypted with it, and do not encrypt with it yet.`,
  flags: {},
  run: async ({ nomad, args, say, misused }) => {
    const [key] = args;
    if (key === undefined || args.length !== 1) return misused();
    say("Installing new gossip encryption key...");
    await answered("Error installing gossip key", nomad.agent.installGossipKey(key));
    return 0;
  },
});
