import { generalUsage, groupHelp, namedBy } from "./commands.ts";
import type { Environment } from "./environment.ts";
import { versionLine } from "./version-line.ts";

const helpFlags = ["-h", "-help", "--help"];

/** Finds the command that the arguments name and runs it. Resolves to the exit code. */
export async function runCommandLine(environment: Environment, args: readonly string[]): Promise<number> {
  if (args.some((token) => token === "-v" || token === "-version" || token === "--version")) {
    environment.output.write(`${versionLine}\n`);
    return 0;
  }
  const [first] = args;
  if (first === undefined || helpFlags.includes(first)) return usage(environment);
  if (first.startsWith("-")) {
    environment.errors.write(`Invalid flags before the subcommand. If these flags are for
the subcommand, please put them after the subcommand.

`);
    return usage(environment);
  }
  const named = namedBy(args);
  if (named === undefined) return usage(environment);
  const { name, entry, rest } = named;
  if (entry.kind === "group") {
    const asked = helpFlags.includes(rest[0] ?? "");
    (asked ? environment.output : environment.errors).write(`${groupHelp(name, entry)}\n`);
    return asked ? 0 : 1;
  }
  const { command } = await entry.load();
  return command.run(environment, rest, name);
}

function usage(environment: Environment): number {
  environment.errors.write(`${generalUsage()}\n`);
  return 1;
}
