import { generalUsage, groupHelp, namedBy, subcommands } from "./commands.ts";
import type { Environment } from "./environment.ts";
import { versionLine } from "./version-line.ts";

const helpFlags = ["-h", "-help", "--help"];

/** Finds the command that the arguments name and runs it. Resolves to the exit code. */
export async function runCommandLine(environment: Environment, args: readonly string[]): Promise<number> {
  const { COMP_LINE: line, COMP_POINT: point } = environment.variables;
  if (line !== undefined) return completed(environment, line, point);
  if (args.some((token) => token === "-v" || token === "-version" || token === "--version")) {
    environment.output.write(`${versionLine}\n`);
    return 0;
  }
  const [first] = args;
  if (first === undefined || helpFlags.includes(first)) return usage(environment);
  if (first === "-autocomplete-install" || first === "-autocomplete-uninstall") {
    const { installCompletion, uninstallCompletion } = await import("./completion/install.ts");
    return first === "-autocomplete-install" ? installCompletion(environment) : uninstallCompletion(environment);
  }
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

/** A shell asks what the word before the cursor may become: it is told, one candidate a line. */
async function completed(environment: Environment, line: string, point: string | undefined): Promise<number> {
  const { complete } = await import("./completion/complete.ts");
  const cursor = /^[0-9]{1,9}$/.test(point ?? "") ? Number(point) : line.length;
  const candidates = await complete(environment, { namedBy, subcommands }, line.slice(0, cursor));
  if (candidates.length > 0) environment.output.write(`${candidates.join("\n")}\n`);
  return 0;
}

function usage(environment: Environment): number {
  environment.errors.write(`${generalUsage()}\n`);
  return 1;
}
