import { resolve } from "node:path";
import { DigestMismatch } from "../../api/index.ts";
import { booleanFlag, type Instant, printable } from "../../base/index.ts";
import { clientCommand, described } from "../command.ts";
import { answered, isRefusal } from "../command-failed.ts";

/** Its owner alone may read it: jobs hold secrets. */
const fileMode = 0o600;

/** `nomad operator snapshot save` */
export const command = clientCommand({
  usage: "[options] <file>",
  about: `Saves the state of the servers to a file that must not exist. It holds all
that jobs say, secrets among it: only its owner may read it. Without a name it
is called nomad-state-<date>-<seconds>.snap.`,
  optionsTitle: "Snapshot Save Options",
  completes: "files",
  flags: {
    stale: described(
      booleanFlag(),
      `Let any server answer, also without a leader. What was changed last may not
    be in it.`,
    ),
  },
  run: async ({ environment, nomad, flags, args, say, fail, misused }) => {
    if (args.length > 1) return misused();
    const name = args[0] ?? usualName(environment.now());
    const pieces = await answered("Failed to get snapshot file", nomad.operator.saveSnapshot({ stale: flags.stale }));
    try {
      await environment.saveFile(resolve(environment.workingDirectory, name), pieces, fileMode);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (isRefusal(error) || error instanceof DigestMismatch) return fail(`Failed to get snapshot file: ${message}`);
      if (code === undefined) throw error;
      return fail(
        code === "EEXIST"
          ? `Destination file already exists: ${JSON.stringify(name)}`
          : `Failed to write snapshot file: ${message}`,
      );
    }
    say(printable(`State file written to ${name}`));
    return 0;
  },
});

function usualName(now: Instant): string {
  const date = new Date(now / 1e6).toISOString().slice(0, 10).replaceAll("-", "");
  return `nomad-state-${date}-${Math.floor(now / 1e9)}.snap`;
}
