/*
 * Queries name tags by regular expression. A pattern from a peer must not be able to hold the process: of Go's syntax
 * we take literals, `.`, `*`, `+`, `?`, the anchors and alternatives at the top, and match them in steps that grow
 * with pattern times text.
 */

interface Step {
  /** Undefined takes any character. */
  readonly character: string | undefined;
  readonly optional: boolean;
  readonly repeated: boolean;
}

const MAX_PATTERN = 256;
const MAX_TEXT = 512;

/** Whether `text` has a part that fits; undefined when the pattern is not one that we take. */
export function tagMatches(pattern: string, text: string): boolean | undefined {
  if (pattern.length > MAX_PATTERN || text.length > MAX_TEXT) return undefined;
  const alternatives = split(pattern).map((alternative) => parse(alternative));
  if (alternatives.includes(undefined)) return undefined;
  return alternatives.some((alternative) => fits(alternative as Pattern, text));
}

interface Pattern {
  readonly steps: readonly Step[];
  readonly fromStart: boolean;
  readonly toEnd: boolean;
}

function split(pattern: string): readonly string[] {
  const parts = [""];
  for (const token of pattern.match(/\\.|./gs) ?? []) {
    if (token === "|") parts.push("");
    else parts[parts.length - 1] += token;
  }
  return parts;
}

function parse(pattern: string): Pattern | undefined {
  const fromStart = pattern.startsWith("^");
  const toEnd = /(?:^|[^\\])(?:\\\\)*\$$/.test(pattern);
  const inner = pattern.slice(fromStart ? 1 : 0, toEnd ? -1 : undefined);
  const steps: Step[] = [];
  for (const [, token = "", times = ""] of inner.matchAll(/(\\.|.)([*+?]?)/gs)) {
    const isEscape = token.length === 2;
    // Letters and digits after a backslash are classes and the like; the signs left unescaped are syntax.
    if (isEscape ? /\w/.test(token[1] as string) : /[\\()[\]{}^$*+?]/.test(token)) return undefined;
    const character = token === "." ? undefined : token.at(-1);
    steps.push({ character, optional: times === "*" || times === "?", repeated: times === "*" || times === "+" });
  }
  return { steps, fromStart, toEnd };
}

/** Follows all ways through the pattern at once. */
function fits({ steps, fromStart, toEnd }: Pattern, text: string): boolean {
  const end = steps.length;
  const reach = (states: Set<number>, state: number): void => {
    // What was reached before has been followed before.
    for (let at = state; !states.has(at); at++) {
      states.add(at);
      if (!steps[at]?.optional) return;
    }
  };
  let states = new Set<number>();
  reach(states, 0);
  for (const character of text) {
    if (!toEnd && states.has(end)) return true;
    const next = new Set<number>();
    for (const state of states) {
      const step = steps[state];
      if (step === undefined || (step.character !== undefined && step.character !== character)) continue;
      reach(next, state + 1);
      if (step.repeated) reach(next, state);
    }
    if (!fromStart) reach(next, 0);
    states = next;
  }
  return states.has(end);
}
