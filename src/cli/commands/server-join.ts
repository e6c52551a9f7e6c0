import { clientCommand } from "../command.ts";
import { answered } from "../command-failed.ts";

/** `nomad server-join` */
export const command = clientCommand({
  usage: "[options] <addr> [<addr>...]",
  about: `Joins the agent's server with other servers. It is enough when one of the
addresses answers: the others are learned by gossip.`,
  flags: {},
  run: async ({ nomad, args, say, fail, misused }) => {
    if (args.length === 0) return misused();
    const { value } = await answered("Error joining: failed joining", nomad.agent.join(args));
    if (value.error !== "") return fail(`Error joining: failed joining: ${value.error}`);
    say(`Joined ${value.num_joined} servers successfully`);
    return 0;
  },
});
