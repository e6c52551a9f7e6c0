import type { Command } from "../command.ts";
import { versionLine } from "../version-line.ts";

/** `nomad version` */
export const command: Command = {
  help: () => "",
  flags: {},
  run: async ({ output }) => {
    output.write(`${versionLine}\n`);
    return 0;
  },
};
