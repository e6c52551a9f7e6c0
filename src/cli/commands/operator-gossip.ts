import { commandGroup } from "../command-group.ts";

/** `nomad operator gossip` */
export const command = commandGroup({
  name: "operator gossip",
  about: "Tools for what servers gossip with each other.",
  subcommands: {
    keyring: {
      synopsis: "Make, show and change the keys that encrypt gossip",
      load: () => import("./operator-gossip-keyring.ts"),
    },
  },
});
