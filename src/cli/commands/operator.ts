import { commandGroup } from "../command-group.ts";

/** `nomad operator` */
export const command = commandGroup({
  name: "operator",
  about: `Tools for those who operate the servers: what Raft counts, the keys of gossip,
how schedulers work, and copies of the state. Some of them can lose data or stop a cluster: read
their help first.`,
  subcommands: {
    gossip: { synopsis: "Change the keys that encrypt gossip", load: () => import("./operator-gossip.ts") },
    raft: { synopsis: "Show and change the servers that Raft counts", load: () => import("./operator-raft.ts") },
    scheduler: { synopsis: "Show and change how schedulers work", load: () => import("./operator-scheduler.ts") },
    snapshot: { synopsis: "Save, show and restore the state", load: () => import("./operator-snapshot.ts") },
  },
});
