import { printable } from "../../base/index.ts";
import { clientCommand } from "../command.ts";
import { answered } from "../command-failed.ts";
import { columns } from "../format/table.ts";

/** `nomad operator gossip keyring list` */
export const command = clientCommand({
  usage: "[options]",
  about: `Shows the keys that servers know, and how many of the servers know each. They
are secrets: whoever has one can take part in the gossip.`,
  flags: {},
  run: async ({ nomad, args, say, misused }) => {
    if (args.length > 0) return misused();
    say("Gathering installed encryption keys...");
    const { value } = await answered("Error listing gossip keys", nomad.agent.gossipKeys());
    const rows = Object.entries(value.Keys).map(([key, servers]) => [printable(key), `${servers}/${value.NumNodes}`]);
    say(columns([["Key", "Servers"], ...rows], { blanks: true }));
    return 0;
  },
});
