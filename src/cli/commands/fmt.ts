import { resolve } from "node:path";
import { booleanFlag, type FlagValues, parseGoFlags } from "../../base/index.ts";
import { type Command, described, optionsText, refused, usageText } from "../command.ts";
import type { Environment } from "../environment.ts";
import { printableLines } from "../format/printable.ts";
import { textFrom } from "../text-source.ts";

const flags = {
  check: described(
    booleanFlag(),
    `Write nothing, and say by the exit code whether all is formatted: 0 if it is,
    1 if not.`,
  ),
  list: described(
    booleanFlag(true),
    "Print the names of files that are not formatted. On unless -list=false is given.",
  ),
  write: described(booleanFlag(true), "Write files back formatted. On unless -write=false is given."),
  recursive: described(booleanFlag(), "Look into directories of directories too."),
};

const help = (name: string): string =>
  [
    usageText(
      `${name} [options] [<path> ...]`,
      `Formats job files and other files of HCL: two spaces for each level, one item a
line, "=" and comments of neighbours one below the other.

A path is a file, a directory, of which all *.nomad and *.hcl files are taken, or
"-" for standard input, which is written to standard output. Without a path it is
the current directory.`,
    ),
    optionsText("Format Options", flags),
  ].join("\n\n");

/** `nomad fmt` */
export const command: Command = {
  help,
  flags,
  completes: "files",
  run: async (environment, args, name) => {
    const parsed = parseGoFlags(flags, args);
    if (!parsed.ok) return refused(environment, parsed, { help: help(name), name, failureCode: 1 });
    const paths = parsed.positionals.length === 0 ? ["."] : parsed.positionals;
    let code = 0;
    for (const path of paths) {
      for (const outcome of await formatAll(environment, path, parsed.values)) {
        if (outcome.kind === "failed") environment.errors.write(`${printableLines(outcome.reason)}\n`);
        const isWanting = outcome.kind === "failed" || (outcome.kind === "changed" && parsed.values.check);
        if (isWanting) code = 1;
      }
    }
    return code;
  },
};

type Outcome = { readonly kind: "same" | "changed" } | { readonly kind: "failed"; readonly reason: string };

async function formatAll(environment: Environment, path: string, values: FlagValues<typeof flags>): Promise<Outcome[]> {
  if (path === "-") return [await formatInput(environment, values)];
  const names = filesAt(environment, path, values);
  if (names === undefined) return [{ kind: "failed", reason: `No file or directory at ${path}` }];
  const outcomes: Outcome[] = [];
  for (const name of names) outcomes.push(await formatFile(environment, name, values));
  return outcomes;
}

async function formatInput(environment: Environment, { check }: FlagValues<typeof flags>): Promise<Outcome> {
  const text = await textFrom(environment, "-");
  const outcome = await formatted(text, "<stdin>");
  if (outcome.kind === "failed") return outcome;
  if (!check) environment.output.write(outcome.text);
  return { kind: outcome.text === text ? "same" : "changed" };
}

async function formatFile(
  environment: Environment,
  name: string,
  { check, list, write }: FlagValues<typeof flags>,
): Promise<Outcome> {
  const path = resolve(environment.workingDirectory, name);
  const text = await textFrom(environment, path).catch((error: Error) => error);
  if (text instanceof Error) return { kind: "failed", reason: `${name}: ${text.message}` };
  const outcome = await formatted(text, name);
  if (outcome.kind === "failed") return outcome;
  if (outcome.text === text) return { kind: "same" };
  if (list) environment.output.write(`${name}\n`);
  if (write && !check) await environment.replaceFile(path, outcome.text);
  return { kind: "changed" };
}

/** The language is loaded only now: most commands have no use for it. */
async function formatted(text: string, name: string) {
  const { formatHCL, HCLError, renderDiagnostic } = await import("../job-language.ts");
  try {
    return { kind: "formatted", text: formatHCL(text, name) } as const;
  } catch (error) {
    if (!(error instanceof HCLError)) throw error;
    return { kind: "failed", reason: error.diagnostics.map(renderDiagnostic).join("\n") } as const;
  }
}

/** The file itself, or the files of a directory; undefined if there is neither. */
function filesAt(
  environment: Environment,
  path: string,
  { recursive }: FlagValues<typeof flags>,
): readonly string[] | undefined {
  const { localFiles, workingDirectory } = environment;
  const kind = localFiles.kind(resolve(workingDirectory, path));
  if (kind !== "directory") return kind === undefined ? undefined : [path];
  const files: string[] = [];
  const look = (directory: string, depth: number): void => {
    for (const name of localFiles.list(resolve(workingDirectory, directory))) {
      const inner = directory === "." ? name : `${directory.replace(/\/$/, "")}/${name}`;
      const found = localFiles.kind(resolve(workingDirectory, inner));
      if (found === "file" && /\.(?:nomad|hcl)$/.test(name)) files.push(inner);
      if (found === "directory" && recursive && !name.startsWith(".") && depth < deepestDirectory)
        look(inner, depth + 1);
    }
  };
  look(path, 0);
  return files;
}

/** A directory may be linked into itself. */
const deepestDirectory = 32;
