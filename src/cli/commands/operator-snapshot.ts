import { commandGroup } from "../command-group.ts";

/** `nomad operator snapshot` */
export const command = commandGroup({
  name: "operator snapshot",
  about: `Saves the state of the servers to a file, and restores it: jobs, nodes,
allocations, evaluations, all of one moment. For disaster recovery, and to bring
a cluster's jobs to another one.`,
  subcommands: {
    inspect: {
      synopsis: "Show what is in the file of a snapshot",
      load: () => import("./operator-snapshot-inspect.ts"),
    },
    restore: { synopsis: "Restore the state from a file", load: () => import("./operator-snapshot-restore.ts") },
    save: { synopsis: "Save the state to a file", load: () => import("./operator-snapshot-save.ts") },
  },
});
