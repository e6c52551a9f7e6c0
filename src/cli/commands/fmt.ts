import { basename, resolve } from "node:path";
import { booleanFlag, type FlagValues, parseGoFlags } from "../../base/index.ts";
import { type Command, described, optionsText, refused, usageText } from "../command.ts";
import type { Environment } from "../environment.ts";
import { printableLines } from "../format/printable.ts";
import { exactTextFrom, Unreadable } from "../text-source.ts";

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

type Outcome = { readonly kind: "same" | "changed" } | Failed;
interface Failed {
  readonly kind: "failed";
  readonly reason: string;
}

async function formatAll(environment: Environment, path: string, values: FlagValues<typeof flags>): Promise<Outcome[]> {
  if (path === "-") return [await formatInput(environment, values)];
  const outcomes: Outcome[] = [];
  for (const found of filesAt(environment, path, values)) {
    outcomes.push(typeof found === "string" ? await formatFile(environment, found, values) : found);
  }
  return outcomes;
}

async function formatInput(environment: Environment, { check }: FlagValues<typeof flags>): Promise<Outcome> {
  const text = await exactTextFrom(environment, "-").catch(unreadable);
  if (text instanceof Unreadable) return { kind: "failed", reason: `<stdin>: ${text.message}` };
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
  const text = await exactTextFrom(environment, path).catch(unreadable);
  if (text instanceof Unreadable) return { kind: "failed", reason: `${name}: ${text.message}` };
  const outcome = await formatted(text, name);
  if (outcome.kind === "failed") return outcome;
  if (outcome.text === text) return { kind: "same" };
  const problem = write && !check ? await replaced(environment, path, outcome.text) : undefined;
  if (problem !== undefined) return { kind: "failed", reason: `${name}: not written: ${problem}` };
  if (list) environment.output.write(`${name}\n`);
  return { kind: "changed" };
}

function unreadable(error: unknown): Unreadable {
  if (error instanceof Unreadable) return error;
  throw error;
}

/** Why the file could not be written; undefined if it has been. */
async function replaced(environment: Environment, path: string, text: string): Promise<string | undefined> {
  try {
    await environment.replaceFile(path, text);
    return undefined;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return message;
  }
}

const byteOrderMark = "\uFEFF";

/** The language is loaded only now: most commands have no use for it. A byte order mark stays in its place. */
async function formatted(given: string, name: string) {
  const { formatHCL, HCLError, renderDiagnostic } = await import("../job-language.ts");
  const mark = given.startsWith(byteOrderMark) ? byteOrderMark : "";
  try {
    return { kind: "formatted", text: mark + formatHCL(given.slice(mark.length), name) } as const;
  } catch (error) {
    if (!(error instanceof HCLError)) throw error;
    return { kind: "failed", reason: error.diagnostics.map(renderDiagnostic).join("\n") } as const;
  }
}

/** The file itself, or the files of a directory, by name; in their places what cannot be looked at. */
function filesAt(
  { localFiles, workingDirectory }: Environment,
  path: string,
  { recursive }: FlagValues<typeof flags>,
): readonly (string | Failed)[] {
  const found: (string | Failed)[] = [];
  const look = (name: string, depth: number): void => {
    try {
      lookAt(name, depth);
    } catch (error) {
      found.push({ kind: "failed", reason: `${name}: ${unreadable(error).message}` });
    }
  };
  const lookAt = (name: string, depth: number): void => {
    const whole = resolve(workingDirectory, name);
    const isNamed = depth === 0;
    const kind = localFiles.kind(whole);
    if (kind === "directory") {
      const names = isNamed || (recursive && mayLookInto(name, depth)) ? localFiles.list(whole) : [];
      for (const inner of names) look(joined(name, inner), depth + 1);
    } else if (isNamed) {
      found.push(kind === undefined ? { kind: "failed", reason: `No file or directory at ${name}` } : name);
    } else if (kind === "file" && /\.(?:nomad|hcl)$/.test(name)) found.push(name);
  };
  look(path, 0);
  return found;
}

function joined(directory: string, name: string): string {
  return directory === "." ? name : `${directory.replace(/\/$/, "")}/${name}`;
}

function mayLookInto(name: string, depth: number): boolean {
  return !basename(name).startsWith(".") && depth <= deepestDirectory;
}

/** A directory may be linked into itself. */
const deepestDirectory = 32;
