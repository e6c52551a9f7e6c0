import { booleanFlag, InvalidDuration, parseGoDuration, textFlag } from "../../base/index.ts";
import { clientCommand, described } from "../command.ts";
import { answered } from "../command-failed.ts";
import { unconfirmed } from "../confirmation.ts";
import { goQuote } from "../format/go-quote.ts";
import { columns } from "../format/table.ts";
import { matchNode } from "../matching.ts";
import { ownNodeID } from "../own-node.ts";

/** `nomad node-drain` */
export const command = clientCommand({
  usage: "[options] <node>",
  about: `Begins or ends the draining of a node: one that drains gets no new work, and
what it runs is moved to other nodes. Exactly one of -enable and -disable must
be given, and either a node or -self.`,
  optionsTitle: "Node Drain Options",
  completes: "nodes",
  flags: {
    disable: described(booleanFlag(), "End the draining of the node."),
    enable: described(booleanFlag(), "Begin to drain the node."),
    self: described(booleanFlag(), "Mean the node of the agent that is asked."),
    detach: described(booleanFlag(), "Accepted and without effect: the draining is never watched."),
    deadline: described(
      textFlag(),
      "Accepted and without effect: all allocations are moved at once, before any deadline.",
      "duration",
    ),
    "no-deadline": described(booleanFlag(), "Accepted and without effect, as -deadline."),
    force: described(booleanFlag(), "Accepted and without effect: all allocations are moved at once."),
    yes: described(booleanFlag(), "Do not ask for confirmation."),
  },
  run: async (session) => {
    const { nomad, environment, modern, flags, args, say, fail, misused } = session;
    if (flags.enable === flags.disable) return misused();
    if (args.length !== (flags.self ? 0 : 1)) return misused();
    if (flags.deadline !== "" && !isDuration(flags.deadline)) {
      return fail(`Failed to parse deadline ${goQuote(flags.deadline)}: it is no duration`);
    }
    const failure = "Error toggling drain mode";
    const given = flags.self ? await ownNodeID(nomad) : args[0]!;
    if (given === undefined) return fail("Nomad not running in client mode");

    const node = await matchNode(session, given, {
      failure,
      none: (prefix) => `No node(s) with prefix or id ${goQuote(prefix)} found`,
      several: (found) =>
        say(
          `Prefix matched multiple nodes\n\n${columns([
            ["ID", "Datacenter", "Name", "Class", "Drain", "Status"],
            ...found.map((each) => [
              each.ID,
              each.Datacenter,
              each.Name,
              each.NodeClass,
              String(each.Drain),
              each.Status,
            ]),
          ])}`,
        ),
    });
    if (node === undefined) return 0;
    if (given !== node.ID && !flags.yes) {
      const verb = flags.enable ? "enable" : "disable";
      const question = `Are you sure you want to ${verb} drain mode for node ${goQuote(node.ID)}?`;
      const code = await unconfirmed(environment, question, { canceled: "Canceling drain toggle" });
      if (code !== undefined) return code;
    }
    await answered(failure, nomad.nodes.drain(node.ID, { enable: flags.enable }));
    if (modern) say(`Node ${goQuote(node.ID)} drain strategy ${flags.enable ? "set" : "unset"}`);
    return 0;
  },
});

function isDuration(text: string): boolean {
  try {
    return parseGoDuration(text) > 0;
  } catch (error) {
    if (error instanceof InvalidDuration) return false;
    throw error;
  }
}
