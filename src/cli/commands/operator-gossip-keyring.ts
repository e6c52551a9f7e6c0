import { commandGroup } from "../command-group.ts";

/** `nomad operator gossip keyring` */
export const command = commandGroup({
  name: "operator gossip keyring",
  about: `Makes, shows and changes the keys that encrypt what servers gossip. To change
the key: install a new one, use it, then remove the old one. Each step reaches
all servers of all regions, or fails and says which it has not reached.`,
  subcommands: {
    generate: { synopsis: "Make a new key", load: () => import("./operator-gossip-keyring-generate.ts") },
    install: { synopsis: "Let all servers know a key", load: () => import("./operator-gossip-keyring-install.ts") },
    list: { synopsis: "Show the keys that servers know", load: () => import("./operator-gossip-keyring-list.ts") },
    remove: { synopsis: "Let all servers forget a key", load: () => import("./operator-gossip-keyring-remove.ts") },
    use: { synopsis: "Let a known key encrypt from now on", load: () => import("./operator-gossip-keyring-use.ts") },
  },
});
