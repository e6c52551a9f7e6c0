import { clientCommand } from "../command.ts";

const keyBytes = 32;

/** `nomad operator gossip keyring generate` */
export const command = clientCommand({
  usage: "[options]",
  about: `Makes a new key by chance and prints it. Put it into the server block of every
server's configuration as "encrypt", or install it where servers run. No agent
is asked.`,
  flags: {},
  run: async ({ environment, args, say, misused }) => {
    if (args.length > 0) return misused();
    const key = Uint8Array.from({ length: keyBytes }, () => environment.random.below(256));
    say(Buffer.from(key).toString("base64"));
    return 0;
  },
});
