import { booleanFlag } from "../../base/index.ts";
import { clientCommand, described } from "../command.ts";
import { answered } from "../command-failed.ts";
import { columns } from "../format/table.ts";

/** `nomad operator raft list-peers` */
export const command = clientCommand({
  usage: "[options]",
  about: "Lists the servers that Raft counts: who leads, and who votes.",
  optionsTitle: "List Peers Options",
  flags: {
    stale: described(
      booleanFlag(),
      `Let any server answer, also without a leader: of use when there is none, to
    see which servers are missing.`,
    ),
  },
  run: async ({ nomad, flags, args, say, misused }) => {
    if (args.length > 0) return misused();
    const asked = nomad.operator.raftConfiguration({ stale: flags.stale });
    const { value } = await answered("Failed to retrieve raft configuration", asked);
    const rows = value.Servers.map(({ Node, ID, Address, Leader, Voter, RaftProtocol }) => {
      return [Node, ID, Address, Leader ? "leader" : "follower", String(Voter), RaftProtocol];
    });
    say(columns([["Node", "ID", "Address", "State", "Voter", "RaftProtocol"], ...rows], { blanks: true }));
    return 0;
  },
});
