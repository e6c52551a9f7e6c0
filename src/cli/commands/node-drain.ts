import { booleanFlag, hours, InvalidDuration, listFlag, parseGoDuration, seconds, textFlag } from "../../base/index.ts";
import { clientCommand, described } from "../command.ts";
import { answered } from "../command-failed.ts";
import { unconfirmed } from "../confirmation.ts";
import { followDrain } from "../follow-drain.ts";
import { goQuote } from "../format/go-quote.ts";
import { columns } from "../format/table.ts";
import { matchNode } from "../matching.ts";
import { ownNodeID } from "../own-node.ts";

/** `nomad node-drain` */
export const command = clientCommand({
  usage: "[options] <node>",
  about: `Begins or ends the draining of a node: one that drains gets no new work, and
what it runs is moved to other nodes. Exactly one of -enable, -disable and
-monitor must be given, and either a node or -self.

Called as "nomad node drain" it begins a drain that ends by itself when nothing
is left that must go, and waits for that. Called as "nomad node-drain" it begins
one that goes on until it is ended, and returns at once; the flags about how it
ends are then without effect.`,
  optionsTitle: "Node Drain Options",
  completes: "nodes",
  flags: {
    disable: described(booleanFlag(), "End the draining of the node."),
    enable: described(booleanFlag(), "Begin to drain the node."),
    self: described(booleanFlag(), "Mean the node of the agent that is asked."),
    monitor: described(booleanFlag(), "Begin and end nothing, and wait until the node drains no more."),
    detach: described(booleanFlag(), "Do not wait for the end of the drain."),
    deadline: described(
      textFlag(),
      "How long allocations that were told to stop are waited for, an hour if not said.",
      "duration",
    ),
    "no-deadline": described(booleanFlag(), "Wait for allocations without end."),
    force: described(booleanFlag(), "Do not wait for allocations that were told to stop."),
    "ignore-system": described(booleanFlag(), "Leave allocations of system jobs alone."),
    "keep-ineligible": described(booleanFlag(), "With -disable: give the node no new work all the same."),
    m: described(textFlag(), "What this is for; kept with the drain as its `message`.", "text"),
    meta: described(listFlag(), "A fact to be kept with the drain. May be repeated.", "<key>=<value>"),
    yes: described(booleanFlag(), "Do not ask for confirmation."),
  },
  run: async (session) => {
    const { nomad, environment, modern, flags, args, say, fail, misused } = session;
    if ([flags.enable, flags.disable, flags.monitor].filter(Boolean).length !== 1) return misused();
    if (args.length !== (flags.self ? 0 : 1)) return misused();
    if (flags.deadline !== "" && !isDuration(flags.deadline)) {
      return fail(`Failed to parse deadline ${goQuote(flags.deadline)}: it is no duration`);
    }
    if ([flags.deadline !== "", flags["no-deadline"], flags.force].filter(Boolean).length > 1) {
      return fail("Only one of -deadline, -no-deadline and -force can be given");
    }
    const misread = flags.meta.find((fact) => fact.indexOf("=") < 1);
    if (misread !== undefined) return fail(`Failed to parse meta ${goQuote(misread)}: it is no <key>=<value>`);
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
    if (flags.monitor) return followDrain(session, node.ID);
    if (given !== node.ID && !flags.yes) {
      const verb = flags.enable ? "enable" : "disable";
      const question = `Are you sure you want to ${verb} drain mode for node ${goQuote(node.ID)}?`;
      const code = await unconfirmed(environment, question, { canceled: "Canceling drain toggle" });
      if (code !== undefined) return code;
    }
    if (!modern) {
      await answered(failure, nomad.nodes.drain(node.ID, { enable: flags.enable }));
      return 0;
    }
    const DrainSpec = flags.enable ? { Deadline: deadlineOf(flags), IgnoreSystemJobs: flags["ignore-system"] } : null;
    const update = { DrainSpec, MarkEligible: !flags["keep-ineligible"], Meta: factsOf(flags) };
    await answered(failure, nomad.nodes.updateDrain(node.ID, update));
    say(`Node ${goQuote(node.ID)} drain strategy ${flags.enable ? "set" : "unset"}`);
    return flags.enable && !flags.detach ? followDrain(session, node.ID) : 0;
  },
});

/** In nanoseconds: 0 is without end, and below 0 no time at all. */
function deadlineOf(flags: { readonly deadline: string; readonly "no-deadline": boolean; readonly force: boolean }) {
  if (flags.force) return -seconds(1);
  if (flags["no-deadline"]) return 0;
  return flags.deadline === "" ? hours(1) : parseGoDuration(flags.deadline);
}

function factsOf({ m, meta }: { readonly m: string; readonly meta: readonly string[] }): Record<string, string> {
  const facts = meta.map((fact) => [fact.slice(0, fact.indexOf("=")), fact.slice(fact.indexOf("=") + 1)]);
  return Object.fromEntries(m === "" ? facts : [...facts, ["message", m]]);
}

function isDuration(text: string): boolean {
  try {
    return parseGoDuration(text) > 0;
  } catch (error) {
    if (error instanceof InvalidDuration) return false;
    throw error;
  }
}
