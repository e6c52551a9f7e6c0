import { booleanFlag } from "../../base/index.ts";
import { clientCommand, described } from "../command.ts";
import { answered } from "../command-failed.ts";
import { goQuote } from "../format/go-quote.ts";
import { matchNode, nodeTable } from "../matching.ts";
import { ownNodeID } from "../own-node.ts";

/** `nomad node eligibility` */
export const command = clientCommand({
  usage: "[options] <node>",
  about: `Says whether a node may be given new work. What it runs stays, either way; to
move that elsewhere too, drain the node. Exactly one of -enable and -disable
must be given, and either a node or -self.`,
  optionsTitle: "Node Eligibility Options",
  completes: "nodes",
  flags: {
    disable: described(booleanFlag(), "Give the node no new work."),
    enable: described(booleanFlag(), "Give the node new work again."),
    self: described(booleanFlag(), "Mean the node of the agent that is asked."),
  },
  run: async (session) => {
    const { nomad, flags, args, say, fail, misused } = session;
    if (flags.enable === flags.disable) return misused();
    if (args.length !== (flags.self ? 0 : 1)) return misused();
    const failure = "Error updating scheduling eligibility";
    const given = flags.self ? await ownNodeID(nomad) : args[0]!;
    if (given === undefined) return fail("Nomad not running in client mode");
    const node = await matchNode(session, given, {
      failure,
      none: (prefix) => `No node(s) with prefix or id ${goQuote(prefix)} found`,
      several: (found) => say(`Prefix matched multiple nodes\n\n${nodeTable(found, { verbose: true })}`),
    });
    if (node === undefined) return 0;
    const eligibility = flags.enable ? "eligible" : "ineligible";
    await answered(failure, nomad.nodes.setEligibility(node.ID, eligibility));
    say(`Node ${goQuote(node.ID)} scheduling eligibility set: ${eligibility} for scheduling`);
    return 0;
  },
});
