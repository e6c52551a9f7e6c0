/**
 * Regular expressions from outside, matched in time linear in the text: all places where a match may stand are followed
 * at once (Thompson's construction), none is gone back to. JavaScript's own engine goes back, and a few characters in
 * a job file could hold a server for years.
 */
import { type CharacterTest, type PatternNode, type Place, parsePattern } from "./pattern-syntax.ts";

/** Longer patterns and texts match nothing: attributes of nodes are short. */
const longestText = 1024;
/** Steps a pattern may need after counted repetitions are written out. */
const mostSteps = 2_500;

type Step =
  | { readonly kind: "character"; readonly test: CharacterTest; readonly next: number }
  | { readonly kind: "fork"; readonly next: readonly number[] }
  | { readonly kind: "place"; readonly place: Place; readonly next: number }
  | { readonly kind: "match" };

/** A test whether `pattern` (RE2 syntax) is found anywhere in a text; undefined if it cannot be read or is too big. */
export function compilePattern(pattern: string): ((text: string) => boolean) | undefined {
  const steps = stepsIn(pattern);
  return Array.isArray(steps) ? (text) => text.length <= longestText && isFound(steps, text) : undefined;
}

/** What a pattern costs: a match takes at most so many moves for each character of the text. */
export function patternCost(pattern: string): number {
  const steps = stepsIn(pattern);
  if (Array.isArray(steps)) return steps.length;
  return steps === "unreadable" ? Math.min(pattern.length, longestText) : mostSteps;
}

class TooManySteps extends Error {
  override readonly name = "TooManySteps";
}

function stepsIn(pattern: string): readonly Step[] | "unreadable" | "too large" {
  if (pattern.length > longestText) return "unreadable";
  try {
    return stepsOf(parsePattern(pattern));
  } catch (error) {
    if (error instanceof TooManySteps) return "too large";
    if (error instanceof SyntaxError) return "unreadable";
    throw error;
  }
}

/** Steps are laid out from the end to the beginning, so that each knows its successor; the last one is the first to take. */
function stepsOf(node: PatternNode): readonly Step[] {
  const steps: Step[] = [];
  const add = (step: Step): number => {
    if (steps.length >= mostSteps) throw new TooManySteps();
    return steps.push(step) - 1;
  };
  const start = lay(node, add({ kind: "match" }), add, steps);
  add({ kind: "fork", next: [start] });
  return steps;
}

function lay(node: PatternNode, next: number, add: (step: Step) => number, steps: Step[]): number {
  switch (node.kind) {
    case "character":
      return add({ kind: "character", test: node.test, next });
    case "place":
      return add({ kind: "place", place: node.place, next });
    case "sequence":
      return node.parts.reduceRight((after, part) => lay(part, after, add, steps), next);
    case "choice":
      // Empty options all lead to the same step: it is followed once, or a thousand of them would cost as much as a thousand steps.
      return add({ kind: "fork", next: [...new Set(node.options.map((option) => lay(option, next, add, steps)))] });
    case "repeat": {
      let after = next;
      if (node.max === Number.POSITIVE_INFINITY) {
        const loop = add({ kind: "fork", next: [next] });
        steps[loop] = { kind: "fork", next: [lay(node.of, loop, add, steps), next] };
        after = loop;
      } else {
        for (let count = node.min; count < node.max; count++) {
          after = add({ kind: "fork", next: [lay(node.of, after, add, steps), next] });
        }
      }
      for (let count = 0; count < node.min; count++) after = lay(node.of, after, add, steps);
      return after;
    }
  }
}

function isFound(steps: readonly Step[], text: string): boolean {
  const characters = Array.from(text, (character) => character.codePointAt(0) as number);
  const reached = new Reached(steps.length);
  let taken: readonly number[] = [];
  for (let at = 0; ; at++) {
    reached.beginAnew();
    for (const number of taken) reached.add(number);
    reached.add(steps.length - 1);
    if (follow(steps, reached, characters, at)) return true;
    if (at === characters.length) return false;
    taken = advanced(steps, reached.list, characters[at] as number);
  }
}

/** The steps at which a match may stand, each once, in the order in which they were reached. */
class Reached {
  list: number[] = [];
  /** For each step the round in which it was reached last: to begin anew costs nothing then. */
  readonly #rounds: Uint32Array;
  #round = 0;

  constructor(stepCount: number) {
    this.#rounds = new Uint32Array(stepCount);
  }

  beginAnew(): void {
    this.list = [];
    this.#round++;
  }

  add(number: number): void {
    if (this.#rounds[number] === this.#round) return;
    this.#rounds[number] = this.#round;
    this.list.push(number);
  }
}

/** Adds to `reached` all steps that take no character; true if a match is among them. */
function follow(steps: readonly Step[], reached: Reached, characters: readonly number[], at: number): boolean {
  // A list is walked to its end, including what is added meanwhile.
  for (const number of reached.list) {
    const step = steps[number] as Step;
    if (step.kind === "match") return true;
    if (step.kind === "fork") for (const next of step.next) reached.add(next);
    if (step.kind === "place" && isAt(step.place, characters, at)) reached.add(step.next);
  }
  return false;
}

function advanced(steps: readonly Step[], reached: readonly number[], character: number): readonly number[] {
  const next: number[] = [];
  for (const number of reached) {
    const step = steps[number] as Step;
    if (step.kind === "character" && step.test(character)) next.push(step.next);
  }
  return next;
}

function isAt(place: Place, characters: readonly number[], at: number): boolean {
  const [before, after] = [characters[at - 1], characters[at]];
  switch (place) {
    case "text start":
      return before === undefined;
    case "text end":
      return after === undefined;
    case "line start":
      return before === undefined || before === 10;
    case "line end":
      return after === undefined || after === 10;
    case "word edge":
      return isWord(before) !== isWord(after);
    case "no word edge":
      return isWord(before) === isWord(after);
  }
}

function isWord(character: number | undefined): boolean {
  return character !== undefined && /[0-9A-Za-z_]/.test(String.fromCodePoint(character));
}
