import { resolve } from "node:path";
import { clientCommand } from "../command.ts";
import { isRefusal } from "../command-failed.ts";

/** `nomad operator snapshot restore` */
export const command = clientCommand({
  usage: "[options] <file>",
  about: `Puts the state in a file that "nomad operator snapshot save" wrote in place of
the state of the servers. What is running now and is not in it is stopped; what
is in it is run. The file is checked whole before anything is changed.`,
  completes: "files",
  flags: {},
  run: async ({ environment, nomad, args, say, fail, misused }) => {
    const [name] = args;
    if (name === undefined || args.length !== 1) return misused();
    const pieces = environment.readFile(resolve(environment.workingDirectory, name))[Symbol.asyncIterator]();
    try {
      // A file that cannot be read is told of as such, before anybody is asked.
      const first = await pieces.next();
      await nomad.operator.restoreSnapshot(continued(first, pieces));
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (isRefusal(error)) return fail(`Failed to restore snapshot: ${message}`);
      if (code === undefined) throw error;
      return fail(`Error opening file: ${message}`);
    }
    say("Snapshot Restored");
    return 0;
  },
});

async function* continued(
  first: IteratorResult<Uint8Array>,
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  for (let piece = first; piece.done !== true; piece = await rest.next()) yield piece.value;
}
