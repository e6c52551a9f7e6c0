import { commands, generalUsage } from "./commands.ts";
import type { Environment } from "./environment.ts";
import { versionLine } from "./version-line.ts";

/** Finds the command that the arguments name and runs it. Resolves to the exit code. */
export async function runCommandLine(environment: Environment, args: readonly string[]): Promise<number> {
  if (args.some((token) => token === "-v" || token === "-version" || token === "--version")) {
    environment.output.write(`${versionLine}\n`);
    return 0;
  }
  const [name, ...rest] = args;
  if (name === undefined || ["-h", "-help", "--help"].includes(name)) return usage(environment);
  if (name.startsWith("-")) {
    environment.errors.write(`Invalid flags before the subcommand. If these flags are for
the subcommand, please put them after the subcommand.

`);
    return usage(environment);
  }
  const entry = commands.get(name);
  if (entry === undefined) return usage(environment);
  const { command } = await entry.load();
  return command.run(environment, rest);
}

function usage(environment: Environment): number {
  environment.errors.write(`${generalUsage()}\n`);
  return 1;
}
