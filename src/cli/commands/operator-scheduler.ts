import { commandGroup } from "../command-group.ts";

/** `nomad operator scheduler` */
export const command = commandGroup({
  name: "operator scheduler",
  about: "Shows and changes how the schedulers of the region work.",
  subcommands: {
    "get-config": {
      synopsis: "Show how schedulers work",
      load: () => import("./operator-scheduler-get-config.ts"),
    },
    "set-config": {
      synopsis: "Change how schedulers work",
      load: () => import("./operator-scheduler-set-config.ts"),
    },
  },
});
