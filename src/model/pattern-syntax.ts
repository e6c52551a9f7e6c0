/**
 * Reads a regular expression in RE2's syntax, the one other programs use in constraints, into a tree. What RE2 does
 * not know (back references, look-around) and what is rare in it (`\p`, `\Q`, `\C`) is refused.
 */

/** True for the characters (code points) that stand at a place. */
export type CharacterTest = (character: number) => boolean;

export type PatternNode =
  | { readonly kind: "character"; readonly test: CharacterTest }
  | { readonly kind: "sequence"; readonly parts: readonly PatternNode[] }
  | { readonly kind: "choice"; readonly options: readonly PatternNode[] }
  | { readonly kind: "repeat"; readonly of: PatternNode; readonly min: number; readonly max: number }
  | { readonly kind: "place"; readonly place: Place };

/** A condition on where in the text we are. */
export type Place = "text start" | "text end" | "line start" | "line end" | "word edge" | "no word edge";

interface Flags {
  readonly ignoreCase: boolean;
  readonly dotMatchesNewline: boolean;
  readonly multiline: boolean;
}

/** Most that a counted repetition may ask for, as in RE2. */
const mostRepeats = 1000;
const newline = 10;

/** Throws `SyntaxError` with a reason. */
export function parsePattern(pattern: string): PatternNode {
  return new PatternParser(pattern).parse();
}

class PatternParser {
  readonly #characters: readonly string[];
  #at = 0;

  constructor(pattern: string) {
    this.#characters = [...pattern];
  }

  parse(): PatternNode {
    const node = this.#choice({ ignoreCase: false, dotMatchesNewline: false, multiline: false });
    if (this.#at < this.#characters.length) throw new SyntaxError("unexpected )");
    return node;
  }

  /** Flags set by `(?i)` hold to the end of the group they stand in, across its options. */
  #choice(outer: Flags): PatternNode {
    let flags = outer;
    const options: PatternNode[][] = [[]];
    while (this.#at < this.#characters.length && this.#peek() !== ")") {
      if (this.#takeIf("|")) options.push([]);
      else {
        const changed = this.#flagSwitch(flags);
        if (changed !== undefined) flags = changed;
        else options.at(-1)?.push(this.#repeated(this.#atom(flags)));
      }
    }
    return { kind: "choice", options: options.map((parts) => ({ kind: "sequence", parts })) };
  }

  #repeated(of: PatternNode): PatternNode {
    const count = this.#count();
    if (count === undefined) return of;
    this.#takeIf("?");
    if (this.#count() !== undefined) throw new SyntaxError("invalid nested repetition operator");
    return { kind: "repeat", of, ...count };
  }

  #count(): { min: number; max: number } | undefined {
    if (this.#takeIf("*")) return { min: 0, max: Number.POSITIVE_INFINITY };
    if (this.#takeIf("+")) return { min: 1, max: Number.POSITIVE_INFINITY };
    if (this.#takeIf("?")) return { min: 0, max: 1 };
    const [text, low, comma, high] = /^\{(\d+)(,?)(\d*)\}/.exec(this.#rest(20)) ?? [];
    if (text === undefined) return undefined;
    this.#at += text.length;
    const min = Number(low);
    const max = comma === "" ? min : high === "" ? Number.POSITIVE_INFINITY : Number(high);
    if (min > mostRepeats || (max > mostRepeats && high !== "") || min > max)
      throw new SyntaxError("invalid repeat count");
    return { min, max };
  }

  #atom(flags: Flags): PatternNode {
    const character = this.#take();
    switch (character) {
      case "(":
        return this.#group(flags);
      case "[":
        return { kind: "character", test: folded(this.#class(), flags) };
      case ".":
        return { kind: "character", test: (one) => flags.dotMatchesNewline || one !== newline };
      case "^":
        return { kind: "place", place: flags.multiline ? "line start" : "text start" };
      case "$":
        return { kind: "place", place: flags.multiline ? "line end" : "text end" };
      case "\\":
        return this.#escape(flags);
      case "*":
      case "+":
      case "?":
        throw new SyntaxError("missing argument to repetition operator");
      default:
        return { kind: "character", test: folded(exactly(character), flags) };
    }
  }

  /** `(?i)` and the like, which stand alone and change what follows. */
  #flagSwitch(flags: Flags): Flags | undefined {
    const [text, on = "", off = ""] = /^\(\?([imsU]*)(?:-([imsU]+))?\)/.exec(this.#rest(20)) ?? [];
    if (text === undefined) return undefined;
    this.#at += text.length;
    return withFlags(flags, on, off);
  }

  #group(outer: Flags): PatternNode {
    let flags = outer;
    if (this.#peek() === "?") {
      const [text, on = "", off = ""] = /^\?(?:P?<\w+>|([imsU]*)(?:-([imsU]+))?:)/.exec(this.#rest(200)) ?? [];
      if (text === undefined) throw new SyntaxError("invalid or unsupported group");
      this.#at += text.length;
      flags = withFlags(outer, on, off);
    }
    const node = this.#choice(flags);
    if (!this.#takeIf(")")) throw new SyntaxError("missing closing )");
    return node;
  }

  #escape(flags: Flags): PatternNode {
    const character = this.#peek();
    const place = character === undefined ? undefined : places.get(character);
    if (place !== undefined) {
      this.#at++;
      return { kind: "place", place };
    }
    return { kind: "character", test: folded(this.#escapedTest(), flags) };
  }

  #escapedTest(): CharacterTest {
    const set = sets.get(this.#peek() ?? "");
    if (set !== undefined) {
      this.#at++;
      return set;
    }
    return exactly(this.#escapedCharacter());
  }

  #escapedCharacter(): string {
    const [hexadecimal, short, long] = /^x(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]{1,6})\})/.exec(this.#rest(10)) ?? [];
    if (hexadecimal !== undefined) {
      this.#at += hexadecimal.length;
      const value = Number.parseInt(short ?? long ?? "", 16);
      if (value > 0x10ffff) throw new SyntaxError("invalid escape sequence");
      return String.fromCodePoint(value);
    }
    const character = this.#take();
    const control = controls.get(character);
    if (control === undefined && /[0-9A-Za-z]/.test(character)) throw new SyntaxError("invalid escape sequence");
    return control ?? character;
  }

  #class(): CharacterTest {
    const isNegated = this.#takeIf("^");
    const tests: CharacterTest[] = [];
    do tests.push(this.#classMember());
    while (this.#peek() !== "]");
    this.#at++;
    return (character) => tests.some((test) => test(character)) !== isNegated;
  }

  #classMember(): CharacterTest {
    const [named, negation, name = ""] = /^\[:(\^?)(\w+):\]/.exec(this.#rest(20)) ?? [];
    if (named !== undefined) {
      const test = namedSets.get(name);
      if (test === undefined) throw new SyntaxError("invalid character class range");
      this.#at += named.length;
      return negation === "" ? test : (character) => !test(character);
    }
    if (this.#peek() === "\\" && sets.has(this.#characters[this.#at + 1] ?? "")) {
      this.#at++;
      return this.#escapedTest();
    }
    const low = this.#classCharacter();
    if (this.#peek() !== "-" || this.#characters[this.#at + 1] === "]") return exactly(low);
    this.#at++;
    return between(low, this.#classCharacter());
  }

  #classCharacter(): string {
    const character = this.#take();
    return character === "\\" ? this.#escapedCharacter() : character;
  }

  #peek(): string | undefined {
    return this.#characters[this.#at];
  }

  #take(): string {
    const character = this.#characters[this.#at];
    if (character === undefined) throw new SyntaxError("unexpected end of pattern");
    this.#at++;
    return character;
  }

  #takeIf(character: string): boolean {
    if (this.#peek() !== character) return false;
    this.#at++;
    return true;
  }

  /** What comes next. Only ASCII is looked for in it, so that lengths in it are counts of characters. */
  #rest(length: number): string {
    return this.#characters.slice(this.#at, this.#at + length).join("");
  }
}

const places: ReadonlyMap<string, Place> = new Map([
  ["A", "text start"],
  ["z", "text end"],
  ["b", "word edge"],
  ["B", "no word edge"],
]);

const controls: ReadonlyMap<string, string> = new Map([
  ["a", "\u0007"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
  ["v", "\v"],
]);

const matching =
  (one: RegExp): CharacterTest =>
  (character) =>
    one.test(String.fromCodePoint(character));

/** Perl's classes know ASCII only. */
const sets: ReadonlyMap<string, CharacterTest> = new Map([
  ["d", matching(/[0-9]/)],
  ["D", matching(/[^0-9]/)],
  ["s", matching(/[\t\n\f\r ]/)],
  ["S", matching(/[^\t\n\f\r ]/)],
  ["w", matching(/[0-9A-Za-z_]/)],
  ["W", matching(/[^0-9A-Za-z_]/)],
]);

const namedSets: ReadonlyMap<string, CharacterTest> = new Map([
  ["alnum", matching(/[0-9A-Za-z]/)],
  ["alpha", matching(/[A-Za-z]/)],
  ["blank", matching(/[\t ]/)],
  ["digit", matching(/[0-9]/)],
  ["lower", matching(/[a-z]/)],
  ["punct", matching(/[!-/:-@[-`{-~]/)],
  ["space", matching(/[\t\n\v\f\r ]/)],
  ["upper", matching(/[A-Z]/)],
  ["word", matching(/[0-9A-Za-z_]/)],
  ["xdigit", matching(/[0-9A-Fa-f]/)],
]);

function exactly(character: string): CharacterTest {
  const wanted = character.codePointAt(0);
  return (one) => one === wanted;
}

function between(low: string, high: string): CharacterTest {
  const [first, last] = [low.codePointAt(0) as number, high.codePointAt(0) as number];
  if (first > last) throw new SyntaxError("invalid character class range");
  return (one) => one >= first && one <= last;
}

function folded(test: CharacterTest, flags: Flags): CharacterTest {
  if (!flags.ignoreCase) return test;
  return (one) => {
    const character = String.fromCodePoint(one);
    return [character, character.toLowerCase(), character.toUpperCase()].some((cased) =>
      test(cased.codePointAt(0) as number),
    );
  };
}

function withFlags(flags: Flags, on: string, off: string): Flags {
  const value = (letter: string, before: boolean) => (before || on.includes(letter)) && !off.includes(letter);
  return {
    ignoreCase: value("i", flags.ignoreCase),
    dotMatchesNewline: value("s", flags.dotMatchesNewline),
    multiline: value("m", flags.multiline),
  };
}
