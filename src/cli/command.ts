import { Nomad } from "../api/index.ts";
import {
  booleanFlag,
  type Flag,
  type Flags,
  type FlagValues,
  type ParsedFlags,
  parseGoFlags,
  textFlag,
} from "../base/index.ts";
import { AgentTransport, addressProblem } from "./agent-transport.ts";
import { CommandFailed } from "./command-failed.ts";
import type { Environment } from "./environment.ts";
import { colours, noColours, type Palette } from "./format/palette.ts";
import { printableLines } from "./format/printable.ts";
import { NodeTransport } from "./node-transport.ts";

/** One command of `nomad`, as the table in `commands.ts` loads it. */
export interface Command {
  /** What `-h` prints. `name` is that by which the command was called: `status`, or `job status`. */
  help(name: string): string;
  /** The flags it knows. */
  readonly flags: DescribedFlags;
  /** What its arguments are the names of, where that can be looked up. */
  readonly completes?: Completed;
  /** Does the work; resolves to the exit code. */
  run(environment: Environment, args: readonly string[], name: string): Promise<number>;
}

/** What an argument may be the name of, for shells that complete it. `anything` is whatever `nomad status` finds. */
export type Completed = "jobs" | "allocations" | "evaluations" | "nodes" | "anything" | "files";

/** A flag with what `-h` says of it. `argument` is shown after the name: `-address=<addr>`. */
export type DescribedFlag<Value> = Flag<Value> & { readonly about: string; readonly argument?: string };
export type DescribedFlags = Readonly<Record<string, DescribedFlag<unknown>>>;

/** Adds to a flag what `-h` says of it. */
export function described<Value>(flag: Flag<Value>, about: string, argument?: string): DescribedFlag<Value> {
  return { ...flag, about, ...(argument === undefined ? {} : { argument }) };
}

export const verboseFlag = described(booleanFlag(), "Show whole IDs and all there is to know.");
/** Of commands that else follow an evaluation to its end. */
export const detachFlag = described(
  booleanFlag(),
  `Return at once and print the ID of the evaluation, which "nomad eval-status"
    takes.`,
);
export const jsonFlag = described(booleanFlag(), "Print the data as JSON.");
export const templateFlag = described(textFlag(), "Print the data through a Go template.");

const generalFlags = {
  address: described(
    textFlag(),
    `Where the agent's HTTP API is.
    The environment variable NOMAD_ADDR says the same; the flag wins.
    Default = http://127.0.0.1:4646`,
    "<addr>",
  ),
  region: described(
    textFlag(),
    `The region whose servers are to answer.
    The environment variable NOMAD_REGION says the same; the flag wins.
    Defaults to the agent's own region.`,
    "<region>",
  ),
  namespace: described(
    textFlag(),
    `The namespace of the jobs that are meant.
    The environment variable NOMAD_NAMESPACE says the same; the flag wins.
    Defaults to "default".`,
    "<namespace>",
  ),
  token: described(
    textFlag(),
    `The secret ID of the token that says who asks.
    The environment variable NOMAD_TOKEN says the same, and others cannot see it.`,
    "<token>",
  ),
  "no-color": described(
    booleanFlag(),
    `Print without colours, as where the output is no terminal.
    The environment variable NOMAD_CLI_NO_COLOR says the same.`,
  ),
  "force-color": described(
    booleanFlag(),
    `Print with colours also where the output is no terminal.
    The environment variable NOMAD_CLI_FORCE_COLOR says the same.`,
  ),
};

/** What the general flags say. */
export type GeneralFlags = FlagValues<typeof generalFlags>;

/** The ways to the agent that flags and environment variables name, and to others. */
export function waysToAgents(environment: Environment, general: Partial<GeneralFlags>) {
  const { NOMAD_ADDR, NOMAD_REGION, NOMAD_NAMESPACE, NOMAD_TOKEN, NOMAD_HTTP_AUTH = "" } = environment.variables;
  const address = general.address || NOMAD_ADDR || "http://127.0.0.1:4646";
  const region = general.region || NOMAD_REGION || undefined;
  const namespace = general.namespace || NOMAD_NAMESPACE || undefined;
  const credentials = { userInfo: NOMAD_HTTP_AUTH, token: general.token || NOMAD_TOKEN || "" };
  const wayTo = (where: string) => new AgentTransport(environment, { address: where, ...credentials });
  const agentIn = (inRegion: string | undefined) => new Nomad(wayTo(address), { region: inRegion, namespace });
  return { address, region, namespace, wayTo, agentIn };
}

/** What a command is given besides its flags. */
export interface Session<Own extends Flags> {
  readonly environment: Environment;
  /** It was called by a name of 1.x, such as `job stop`. */
  readonly modern: boolean;
  readonly flags: FlagValues<Own>;
  readonly args: readonly string[];
  /** The general flags that were given, for a command that goes on in the place of this one. */
  readonly generalArgs: readonly string[];
  readonly palette: Palette;
  readonly nomad: Nomad;
  /** The same agent, asked to hand its questions to another region. */
  inRegion(region: string): Nomad;
  /** Another agent, by `host:port` of its HTTP API: what only a certain client can answer is asked there. */
  at(httpAddress: string): Nomad;
  /** Prints one text and a line break to standard output. */
  say(text: string): void;
  /** Prints an error to standard error and gives the code for it. */
  fail(text: string): number;
  /** The command's help on standard error, and the code for wrong usage; `reason` first, if there is one. */
  misused(reason?: string): number;
}

interface Description<Own extends DescribedFlags> {
  /** What follows the command's name in the usage line. */
  readonly usage: string;
  /** Paragraphs. */
  readonly about: string;
  /** Heads the command's own flags: `Run Options`. */
  readonly optionsTitle?: string;
  readonly flags: Own;
  readonly completes?: Completed;
  /** Exit code for errors and wrong usage, where it is not 1. */
  readonly failureCode?: number;
  run(session: Session<Own>): Promise<number>;
}

/** A command that asks an agent over HTTP: it has the general flags, and its errors have one way out. */
export function clientCommand<Own extends DescribedFlags>(description: Description<Own>): Command {
  const { usage, about, optionsTitle, flags, completes, failureCode = 1 } = description;
  const declared = { ...generalFlags, ...flags };
  const help = (name: string): string =>
    [
      usageText(`${name} ${usage}`, about),
      optionsText("General Options", generalFlags),
      ...(optionsTitle === undefined ? [] : [optionsText(optionsTitle, flags)]),
    ].join("\n\n");

  const run = async (environment: Environment, args: readonly string[], name: string): Promise<number> => {
    const parsed = parseGoFlags(declared, args);
    if (!parsed.ok) return refused(environment, parsed, { help: help(name), name, failureCode });
    const say = (text: string): void => environment.output.write(`${text}\n`);
    const fail = (text: string): number => {
      environment.errors.write(`${printableLines(text)}\n`);
      return failureCode;
    };
    const misused = (reason?: string): number => {
      if (reason !== undefined) environment.errors.write(`${reason}\n\n`);
      environment.errors.write(`${help(name)}\n`);
      return failureCode;
    };
    const general = parsed.values as GeneralFlags;
    const { address, region, namespace, wayTo, agentIn } = waysToAgents(environment, general);
    const problem = addressProblem(address);
    if (problem !== undefined) return fail(`Error initializing client: invalid address '${address}': ${problem}`);
    try {
      return await description.run({
        environment,
        modern: isModern(name),
        flags: parsed.values as FlagValues<Own>,
        args: parsed.positionals,
        generalArgs: Object.entries(general)
          .filter(([flag]) => parsed.given.has(flag) && Object.hasOwn(generalFlags, flag))
          .map(([flag, value]) => `-${flag}=${value}`),
        // Not before it is needed: to look at the terminal opens the output, which takes a while.
        get palette() {
          return paletteFor(environment, general);
        },
        nomad: agentIn(region),
        inRegion: agentIn,
        at: (httpAddress) => {
          return new Nomad(new NodeTransport(wayTo(`http://${httpAddress}`), wayTo(address)), { region, namespace });
        },
        say,
        fail,
        misused,
      });
    } catch (error) {
      if (error instanceof CommandFailed) return fail(error.message);
      throw error;
    }
  };
  return { help, flags: declared, ...(completes === undefined ? {} : { completes }), run };
}

/** All names of 0.4.1 are one word, those that only 1.x has are more. */
function isModern(name: string): boolean {
  return name.includes(" ");
}

/** Colours are for people: where a program reads the output, only if they are asked for. */
function paletteFor(
  { variables, terminal }: Environment,
  flags: { readonly "no-color": boolean; readonly "force-color": boolean },
): Palette {
  if (flags["no-color"]) return noColours;
  if (flags["force-color"]) return colours;
  if (variables.NOMAD_CLI_NO_COLOR) return noColours;
  return variables.NOMAD_CLI_FORCE_COLOR || terminal() ? colours : noColours;
}

/**
 * Flags that cannot be read, or a wish for help: the help goes to standard output, the reason to standard error. To ask for
 * help is a failure in 0.4.1, and none in 1.x.
 */
export function refused(
  environment: Pick<Environment, "output" | "errors">,
  parsed: Extract<ParsedFlags<Flags>, { ok: false }>,
  { help, name, failureCode }: Readonly<{ help: string; name: string; failureCode: number }>,
): number {
  if (!parsed.helpWanted) environment.errors.write(`${printableLines(parsed.reason)}\n`);
  environment.output.write(`${help}\n`);
  return parsed.helpWanted && isModern(name) ? 0 : failureCode;
}

/** The head of a command's help. */
export function usageText(usage: string, about: string): string {
  return `Usage: nomad ${usage}\n\n${indented(about, 2)}`;
}

/** A block of flags in a help. */
export function optionsText(title: string, flags: DescribedFlags): string {
  const entries = Object.entries(flags).map(([name, { about, argument }]) => {
    const shown = argument === undefined ? `-${name}` : `-${name}=${argument}`;
    return `  ${shown}\n    ${about}`;
  });
  return `${title}:\n\n${entries.join("\n\n")}`;
}

function indented(text: string, by: number): string {
  return text
    .split("\n")
    .map((line) => (line === "" ? "" : " ".repeat(by) + line))
    .join("\n");
}
