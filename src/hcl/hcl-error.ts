import { allAtOnce, problemList, type Steps } from "../base/index.ts";
import { type Diagnostic, diagnose, type Finding } from "./diagnostic.ts";
import { mostProblems } from "./limits.ts";
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
  /** What else is wrong. `message` does not speak of it: Nomad 0.4.1 ends at the first error. */
  readonly #others: readonly HCLError[];

  private constructor(
    diagnostics: readonly Diagnostic[],
    wording: Wording,
    lead: string,
    others: readonly HCLError[] = [],
  ) {
    super(lead + worded(diagnostics, wording));
    this.diagnostics = [...diagnostics, ...others.flatMap((other) => other.diagnostics)];
    this.#wording = wording;
    this.#lead = lead;
    this.#others = others;
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

  /** Several as one, up to `mostProblems`; there must be one at least. The message is that of the first. */
  static joined([first, ...others]: readonly HCLError[]): HCLError {
    let told = first!.diagnostics.length;
    const kept = others.filter(({ diagnostics }) => {
      const fits = told + diagnostics.length <= mostProblems;
      if (fits) told += diagnostics.length;
      return fits;
    });
    if (kept.length === 0) return first!;
    return new HCLError(first!.#own, first!.#wording, first!.#lead, [...first!.#others, ...kept]);
  }

  /** The same error found inside something: a list gets `prefix` before each of its problems, others before all. */
  within(prefix: string): HCLError {
    const others = this.#others.map((other) => other.within(prefix));
    if (this.#wording !== "problems") return new HCLError(this.#own, this.#wording, `${prefix} ${this.#lead}`, others);
    const diagnostics = this.#own.map((found) => ({ ...found, message: `${prefix} ${found.message}` }));
    return new HCLError(diagnostics, this.#wording, this.#lead, others);
  }

  /** The same error; where nothing says yet what to do about it, `hint` does. */
  hinted(hint: string): HCLError {
    const diagnostics = this.#own.map((found) => ({ ...found, hint: found.hint ?? hint }));
    return new HCLError(diagnostics, this.#wording, this.#lead, this.#others);
  }

  /** The same error with `text` before everything. */
  led(text: string): HCLError {
    return new HCLError(this.#own, this.#wording, text + this.#lead, this.#others);
  }

  get #own(): readonly Diagnostic[] {
    const others = this.#others.reduce((sum, other) => sum + other.diagnostics.length, 0);
    return this.diagnostics.slice(0, this.diagnostics.length - others);
  }
}

/**
 * Runs all of `decodings`, also when some fail, until there is as much to tell as is told at once; throws what is wrong
 * with any of them as one error.
 */
export function together<Parts extends Readonly<Record<string, () => unknown>>>(
  decodings: Parts,
): { readonly [Name in keyof Parts]: ReturnType<Parts[Name]> } {
  const steps = Object.entries(decodings).map(([name, decode]) => [name, () => oneStep(decode)] as const);
  return allAtOnce(togetherInSteps(Object.fromEntries(steps))) as { [Name in keyof Parts]: ReturnType<Parts[Name]> };
}

/** The same of decodings that may be left off and taken up again. */
export function* togetherInSteps<Parts extends Readonly<Record<string, () => Steps<unknown>>>>(
  decodings: Parts,
): Steps<{ readonly [Name in keyof Parts]: ResultOf<ReturnType<Parts[Name]>> }> {
  const failures: HCLError[] = [];
  const results: [string, unknown][] = [];
  for (const [name, decode] of Object.entries(decodings)) {
    try {
      results.push([name, yield* decode()]);
    } catch (error) {
      if (!(error instanceof HCLError)) throw error;
      failures.push(error);
      if (failures.length >= mostProblems) throw HCLError.joined(failures);
    }
  }
  if (failures.length > 0) throw HCLError.joined(failures);
  return Object.fromEntries(results) as { [Name in keyof Parts]: ResultOf<ReturnType<Parts[Name]>> };
}

type ResultOf<Work> = Work extends Steps<infer Result> ? Result : never;

/** Like `map`, but what is wrong with any of the elements is thrown as one error. */
export function each<Element, Result>(
  elements: readonly Element[],
  decode: (element: Element, index: number) => Result,
): Result[] {
  return Object.values(together(Object.fromEntries(elements.map((one, at) => [at, () => decode(one, at)]))));
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

/** As `each`, with elements that are decoded in steps. */
export function* eachInSteps<Element, Result>(
  elements: readonly Element[],
  decode: (element: Element) => Steps<Result>,
): Steps<Result[]> {
  const parts = Object.fromEntries(elements.map((one, at) => [at, () => decode(one)]));
  return Object.values(yield* togetherInSteps(parts)) as Result[];
}

/** As `within`, of something that is decoded in steps. */
export function* withinInSteps<Result>(prefix: string, decode: () => Steps<Result>): Steps<Result> {
  try {
    return yield* decode();
  } catch (error) {
    if (error instanceof HCLError) throw error.within(prefix);
    throw error;
  }
}

/** All of it in one step. */
export function* oneStep<Result>(decode: () => Result): Steps<Result> {
  const result = decode();
  yield;
  return result;
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
