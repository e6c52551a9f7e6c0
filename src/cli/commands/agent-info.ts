import { printable } from "../../base/index.ts";
import { clientCommand } from "../command.ts";
import { answered } from "../command-failed.ts";

/** `nomad agent-info` */
export const command = clientCommand({
  usage: "[options]",
  about: "Shows what the agent says of itself: figures of its server, its client and its process.",
  flags: {},
  run: async ({ nomad, args, say, misused }) => {
    if (args.length > 0) return misused();
    const { value } = await answered("Error querying agent info: failed querying self endpoint", nomad.agent.self());
    for (const section of Object.keys(value.stats).sort()) {
      say(printable(section));
      const figures = value.stats[section]!;
      for (const name of Object.keys(figures).sort()) say(printable(`  ${name} = ${figures[name]}`));
    }
    return 0;
  },
});
