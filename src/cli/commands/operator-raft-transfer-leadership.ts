import { printable } from "../../base/index.ts";
import { clientCommand } from "../command.ts";
import { answered } from "../command-failed.ts";
import { nameOf, peerFlags, peerOf } from "../peer-flags.ts";

/** `nomad operator raft transfer-leadership` */
export const command = clientCommand({
  usage: "[options]",
  about: "Lets another server lead: one that votes, is alive and has all of the log.",
  optionsTitle: "Transfer Leadership Options",
  flags: peerFlags,
  run: async ({ nomad, flags, args, say, fail, misused }) => {
    if (args.length > 0) return misused();
    const peer = peerOf(flags);
    if (typeof peer === "string") return fail(peer);
    const { value } = await answered("Error transferring leadership", nomad.operator.transferLeadership(peer));
    const name = nameOf(peer);
    say(printable(value.Noop ? `The peer with ${name} leads already` : `Transferred leadership to peer with ${name}`));
    return 0;
  },
});
