import { printable } from "../../base/index.ts";
import { clientCommand, jsonFlag, templateFlag } from "../command.ts";
import { answered } from "../command-failed.ts";
import { agentSelfShape } from "../format/api-shapes.ts";
import { formatChoice } from "../format/format-choice.ts";
import { any } from "../format/shape.ts";
import { showData } from "../show-data.ts";

/** `nomad agent-info` */
export const command = clientCommand({
  usage: "[options]",
  about: "Shows what the agent says of itself: figures of its server, its client and its process.",
  optionsTitle: "Agent Info Options",
  flags: { json: jsonFlag, t: templateFlag },
  run: async (session) => {
    const { nomad, flags, args, say, fail, misused } = session;
    if (args.length > 0) return misused();
    const choice = formatChoice({ json: flags.json, template: flags.t });
    if (!choice.ok) return fail("Both -json and -t are not allowed");
    const { value } = await answered("Error querying agent info: failed querying self endpoint", nomad.agent.self());
    if (choice.format?.kind === "json") return showData(session, value, any, choice.format);
    if (choice.format !== undefined) {
      const { config: Config, member: Member, stats: Stats } = value;
      return showData(session, { Config, Member, Stats }, agentSelfShape, choice.format);
    }
    for (const section of Object.keys(value.stats).sort()) {
      say(printable(section));
      const figures = value.stats[section]!;
      for (const name of Object.keys(figures).sort()) say(printable(`  ${name} = ${figures[name]}`));
    }
    return 0;
  },
});
