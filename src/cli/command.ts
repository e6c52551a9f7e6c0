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

/** One command of `nomad`, as the table in `commands.ts` loads it. */
export interface Command {
  readonly help: string;
  /** Does the work; resolves to the exit code. */
  run(environment: Environment, args: readonly string[]): Promise<number>;
}

/** A flag with what `-h` says of it. `argument` is shown after the name: `-address=<addr>`. */
export type DescribedFlag<Value> = Flag<Value> & { readonly about: string; readonly argument?: string };
type DescribedFlags = Readonly<Record<string, DescribedFlag<unknown>>>;

/** Adds to a flag what `-h` says of it. */
export function described<Value>(flag: Flag<Value>, about: string, argument?: string): DescribedFlag<Value> {
  return { ...flag, about, ...(argument === undefined ? {} : { argument }) };
}

export const verboseFlag = described(booleanFlag(), "Show whole IDs and all there is to know.");
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
  "no-color": described(booleanFlag(), "Print without colours."),
};

/** What a command is given besides its flags. */
export interface Session<Own extends Flags> {
  readonly environment: Environment;
  readonly flags: FlagValues<Own>;
  readonly args: readonly string[];
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
  /** What follows `nomad` in the usage line. */
  readonly usage: string;
  /** Paragraphs. */
  readonly about: string;
  /** Heads the command's own flags: `Run Options`. */
  readonly optionsTitle?: string;
  readonly flags: Own;
  /** Exit code for errors and wrong usage, where it is not 1. */
  readonly failureCode?: number;
  /** Exit code for `-h`; that for wrong usage if absent, as with all commands of 0.4.1. */
  readonly helpCode?: number;
  run(session: Session<Own>): Promise<number>;
}

/** A command that asks an agent over HTTP: it has the general flags, and its errors have one way out. */
export function clientCommand<Own extends DescribedFlags>(description: Description<Own>): Command {
  const { usage, about, optionsTitle, flags, failureCode = 1, helpCode = failureCode } = description;
  const declared = { ...generalFlags, ...flags };
  const help = [
    usageText(usage, about),
    optionsText("General Options", generalFlags),
    ...(optionsTitle === undefined ? [] : [optionsText(optionsTitle, flags)]),
  ].join("\n\n");

  const run = async (environment: Environment, args: readonly string[]): Promise<number> => {
    const parsed = parseGoFlags(declared, args);
    if (!parsed.ok) return refused(environment, parsed, { help, failureCode, helpCode });
    const say = (text: string): void => environment.output.write(`${text}\n`);
    const fail = (text: string): number => {
      environment.errors.write(`${printableLines(text)}\n`);
      return failureCode;
    };
    const misused = (reason?: string): number => {
      if (reason !== undefined) environment.errors.write(`${reason}\n\n`);
      environment.errors.write(`${help}\n`);
      return failureCode;
    };
    const general = parsed.values as FlagValues<typeof generalFlags>;
    const { NOMAD_ADDR, NOMAD_REGION, NOMAD_HTTP_AUTH = "" } = environment.variables;
    const region = general.region || NOMAD_REGION || undefined;
    const agentAt = (address: string, inRegion: string | undefined): Nomad =>
      new Nomad(new AgentTransport(environment, { address, userInfo: NOMAD_HTTP_AUTH }), { region: inRegion });
    const address = general.address || NOMAD_ADDR || "http://127.0.0.1:4646";
    const problem = addressProblem(address);
    if (problem !== undefined) return fail(`Error initializing client: invalid address '${address}': ${problem}`);
    try {
      return await description.run({
        environment,
        flags: parsed.values as FlagValues<Own>,
        args: parsed.positionals,
        palette: general["no-color"] ? noColours : colours,
        nomad: agentAt(address, region),
        inRegion: (other) => agentAt(address, other),
        at: (httpAddress) => agentAt(`http://${httpAddress}`, region),
        say,
        fail,
        misused,
      });
    } catch (error) {
      if (error instanceof CommandFailed) return fail(error.message);
      throw error;
    }
  };
  return { help, run };
}

/** Flags that cannot be read, or a wish for help: the help goes to standard output, the reason to standard error. */
export function refused(
  environment: Environment,
  parsed: Extract<ParsedFlags<Flags>, { ok: false }>,
  { help, failureCode, helpCode = failureCode }: Readonly<{ help: string; failureCode: number; helpCode?: number }>,
): number {
  if (!parsed.helpWanted) environment.errors.write(`${printableLines(parsed.reason)}\n`);
  environment.output.write(`${help}\n`);
  return parsed.helpWanted ? helpCode : failureCode;
}

/** The head of a command's help. */
export function usageText(usage: string, about: string): string {
  return `Usage: nomad ${usage}\n\n${indented(about, 2)}`;
}

/** A block of flags in a help. */
function optionsText(title: string, flags: DescribedFlags): string {
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
