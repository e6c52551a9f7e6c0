import { parseGoFlags } from "../../base/index.ts";
import { type Command, optionsText, refused, usageText } from "../command.ts";
import { CommandFailed } from "../command-failed.ts";
import { printableLines } from "../format/printable.ts";
import { readJobFile } from "../job-file.ts";
import { jobFileFlags } from "../job-file-flags.ts";

const help = (name: string): string =>
  [
    usageText(
      `${name} [options] <file>`,
      `Checks a job file: whether it can be read, and whether what it says makes sense.

The file is a path, an http or https URL, or "-" for standard input. No agent is
asked.`,
    ),
    optionsText("Validate Options", jobFileFlags),
  ].join("\n\n");

/** `nomad validate` */
export const command: Command = {
  help,
  flags: jobFileFlags,
  completes: "files",
  run: async (environment, args, name) => {
    const parsed = parseGoFlags(jobFileFlags, args);
    if (!parsed.ok) return refused(environment, parsed, { help: help(name), name, failureCode: 1 });
    const [source] = parsed.positionals;
    if (source === undefined || parsed.positionals.length !== 1) {
      environment.errors.write(`${help(name)}\n`);
      return 1;
    }
    try {
      await readJobFile(environment, source, parsed.values);
    } catch (error) {
      if (!(error instanceof CommandFailed)) throw error;
      environment.errors.write(`${printableLines(error.message)}\n`);
      return 1;
    }
    environment.output.write("Job validation successful\n");
    return 0;
  },
};
