import { resolve } from "node:path";
import { type Command, usageText } from "../command.ts";
import { exampleJobFile } from "../example-job-file.ts";

const fileName = "example.nomad";
/** Its owner and group may read and write it. */
const fileMode = 0o660;

const help = (name: string): string =>
  usageText(
    name,
    `Writes ${fileName} to the current directory: a job file with comments, to begin
from.`,
  );

/** `nomad init`: takes no flags, so that in 0.4.1 one that asks for help is one argument too many. */
export const command: Command = {
  help,
  flags: {},
  run: async ({ output, errors, workingDirectory, createFile }, args, name) => {
    if (args.length > 0) {
      errors.write(`${help(name)}\n`);
      return 1;
    }
    try {
      await createFile(resolve(workingDirectory, fileName), exampleJobFile, fileMode);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === undefined) throw error;
      const exists = `Job '${fileName}' already exists`;
      errors.write(`${code === "EEXIST" ? exists : `Failed to write '${fileName}': ${message}`}\n`);
      return 1;
    }
    output.write(`Example job file written to ${fileName}\n`);
    return 0;
  },
};
