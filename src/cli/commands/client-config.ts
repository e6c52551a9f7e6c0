import { booleanFlag, printable } from "../../base/index.ts";
import { clientCommand, described } from "../command.ts";
import { answered } from "../command-failed.ts";

/** `nomad client-config` */
export const command = clientCommand({
  usage: "[options]",
  about: `Shows or changes the configuration of a running client. Works only with an
agent that runs a client. What the arguments are depends on the flag.`,
  optionsTitle: "Client Config Options",
  flags: {
    servers: described(
      booleanFlag(),
      `List the servers that the client knows: it registers with them and gets
    its work from them, and is no part of their gossip.`,
    ),
    "update-servers": described(
      booleanFlag(),
      `Add the servers given as arguments to those the client knows.

    Example:
      $ nomad client-config -update-servers foo:4647 bar:4647`,
    ),
  },
  run: async ({ nomad, flags, args, say, misused }) => {
    if (flags["update-servers"]) {
      if (args.length === 0) return misused();
      await answered("Error updating server list", nomad.agent.addServers(args));
      say("Updated server list");
      return 0;
    }
    if (!flags.servers) return misused();
    const { value } = await answered("Error querying server list", nomad.agent.servers());
    for (const server of value ?? []) say(printable(server));
    return 0;
  },
});
