import { commandGroup } from "../command-group.ts";

/** `nomad operator raft` */
export const command = commandGroup({
  name: "operator raft",
  about: `Shows the servers that Raft counts, takes out one that will not come back, or
lets another one lead.`,
  subcommands: {
    "list-peers": {
      synopsis: "List the servers that Raft counts",
      load: () => import("./operator-raft-list-peers.ts"),
    },
    "remove-peer": {
      synopsis: "Take a server out of Raft's configuration",
      load: () => import("./operator-raft-remove-peer.ts"),
    },
    "transfer-leadership": {
      synopsis: "Let another server lead",
      load: () => import("./operator-raft-transfer-leadership.ts"),
    },
  },
});
