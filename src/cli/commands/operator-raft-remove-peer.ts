import { printable } from "../../base/index.ts";
import { clientCommand } from "../command.ts";
import { answered } from "../command-failed.ts";
import { nameOf, peerFlags, peerOf } from "../peer-flags.ts";

/** `nomad operator raft remove-peer` */
export const command = clientCommand({
  usage: "[options]",
  about: `Takes a server out of Raft's configuration. For one that is gone for good, and
that no longer stands in "nomad server-members", or cannot be forced to leave:
"nomad server-force-leave" does it all otherwise. A server that is alive is
added again: stop it first.`,
  optionsTitle: "Remove Peer Options",
  flags: peerFlags,
  run: async ({ nomad, flags, args, say, fail, misused }) => {
    if (args.length > 0) return misused();
    const peer = peerOf(flags);
    if (typeof peer === "string") return fail(peer);
    await answered("Error removing peer", nomad.operator.removePeer(peer));
    say(printable(`Removed peer with ${nameOf(peer)}`));
    return 0;
  },
});
