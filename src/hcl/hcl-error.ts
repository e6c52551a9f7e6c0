import { problemList } from "../base/index.ts";
import { type Diagnostic, diagnose, type Finding } from "./diagnostic.ts";
import type { Source } from "./source.ts";

/**
 * How the one-line text of Nomad 0.4.1 words what was found: a place and a message, a bare message, a list of
 * problems, or a list of values that could not be decoded.
 */
type Wording = "placed" | "bare" | "problems" | "decoding";

/**
 * A text cannot be parsed or decoded. `message` is what Nomad 0.4.1 prints, which other programs and people know;
 * `diagnostics` say the same with file, line, column and excerpt.
 */
export class HCLError extends Error {
  override readonly name = "HCLError";
  readonly diagnostics: readonly Diagnostic[];
  readonly #wording: Wording;
  readonly #lead: string;

  private constructor(diagnostics: readonly Diagnostic[], wording: Wording, lead: string) {
    super(lead + worded(diagnostics, wording));
    this.diagnostics = diagnostics;
    this.#wording = wording;
    this.#lead = lead;
  }

  /** `At 3:1: …` */
  static placed(source: Source, finding: Finding): HCLError {
    return new HCLError([diagnose(source, finding)], "placed", "");
  }

  /** The message alone. */
  static bare(source: Source, finding: Finding): HCLError {
    return new HCLError([diagnose(source, finding)], "bare", "");
  }

  /** `2 error(s) occurred:` and a list. */
  static problems(source: Source, findings: readonly Finding[]): HCLError {
    return new HCLError(inPlaces(source, findings), "problems", "");
  }

  /** `2 error(s) decoding:` and a list, sorted as Nomad sorts it. */
  static decoding(source: Source, findings: readonly Finding[]): HCLError {
    return new HCLError(inPlaces(source, findings), "decoding", "");
  }

  /** The same error found inside something: a list gets `prefix` before each of its problems, others before all. */
  within(prefix: string): HCLError {
    if (this.#wording !== "problems") return this.led(`${prefix} `);
    const diagnostics = this.diagnostics.map((found) => ({ ...found, message: `${prefix} ${found.message}` }));
    return new HCLError(diagnostics, this.#wording, this.#lead);
  }

  /** The same error with `text` before everything. */
  led(text: string): HCLError {
    return new HCLError(this.diagnostics, this.#wording, text + this.#lead);
  }
}

/** Runs `decode` and puts `prefix` before the problems it finds. */
export function within<Result>(prefix: string, decode: () => Result): Result {
  try {
    return decode();
  } catch (error) {
    if (error instanceof HCLError) throw error.within(prefix);
    throw error;
  }
}

function worded(diagnostics: readonly Diagnostic[], wording: Wording): string {
  const messages = diagnostics.map((found) => found.message);
  const first = diagnostics[0]!;
  if (wording === "placed") return `At ${first.line}:${first.column}: ${first.message}`;
  if (wording === "bare") return first.message;
  if (wording === "problems") return problemList(messages);
  return problemList(messages.toSorted()).replace("occurred", "decoding");
}

function inPlaces(source: Source, findings: readonly Finding[]): Diagnostic[] {
  return findings.map((finding) => diagnose(source, finding));
}
