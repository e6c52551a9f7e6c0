/**
 * Command line flags as Go's `flag` package reads them: `-x`, `--x`, `-x=v` and `-x v`; flags come before
 * positionals, and the first token that is no flag, or `--`, ends them.
 */

/** A flag as declared. A boolean flag takes a value only after `=`; `list` collects every occurrence. */
export interface Flag<Value = unknown> {
  readonly kind: "boolean" | "text" | "integer" | "list";
  readonly initial: Value;
}

export const booleanFlag = (initial = false): Flag<boolean> => ({ kind: "boolean", initial });
export const textFlag = (initial = ""): Flag<string> => ({ kind: "text", initial });
export const integerFlag = (initial = 0): Flag<number> => ({ kind: "integer", initial });
export const listFlag = (): Flag<readonly string[]> => ({ kind: "list", initial: [] });

export type Flags = Readonly<Record<string, Flag>>;
export type FlagValues<Declared extends Flags> = {
  readonly [Name in keyof Declared]: Declared[Name] extends Flag<infer Value> ? Value : never;
};

/** Either every value and the positionals, or why not; `helpWanted` when `-h` or `-help` was given. */
export type ParsedFlags<Declared extends Flags> =
  | {
      readonly ok: true;
      readonly values: FlagValues<Declared>;
      /** The flags that were really given, which a default cannot tell. */
      readonly given: ReadonlySet<keyof Declared & string>;
      readonly positionals: readonly string[];
    }
  | { readonly ok: false; readonly helpWanted: boolean; readonly reason: string };

/** Reads `args`. What is wrong is told in the words of Go's package. */
export function parseGoFlags<Declared extends Flags>(
  declared: Declared,
  args: readonly string[],
): ParsedFlags<Declared> {
  const values = new Map(Object.entries(declared).map(([name, { initial }]) => [name, initial]));
  const given = new Set<string>();
  let position = 0;
  for (; position < args.length; position++) {
    const token = args[position]!;
    if (token === "--") {
      position++;
      break;
    }
    if (token.length < 2 || !token.startsWith("-")) break;

    const { name, inline } = splitToken(token);
    if (name === "" || name.startsWith("-")) return refused(`bad flag syntax: ${token}`);
    const flag = Object.hasOwn(declared, name) ? declared[name] : undefined;
    if (flag === undefined && (name === "h" || name === "help")) {
      return { ok: false, helpWanted: true, reason: "flag: help requested" };
    }
    if (flag === undefined) return refused(`flag provided but not defined: -${name}`);

    const takesNext = flag.kind !== "boolean" && inline === undefined;
    if (takesNext && position + 1 >= args.length) return refused(`flag needs an argument: -${name}`);
    const text = takesNext ? args[++position]! : (inline ?? "true");
    const value = readValue(flag, text, values.get(name));
    if (value === undefined) return refused(unreadable(flag, name, text));
    values.set(name, value);
    given.add(name);
  }
  return {
    ok: true,
    values: Object.fromEntries(values) as FlagValues<Declared>,
    given,
    positionals: args.slice(position),
  };
}

function refused(reason: string) {
  return { ok: false, helpWanted: false, reason } as const;
}

/** `-name=value` in its parts; the first character of a name is never taken for the `=`. */
function splitToken(token: string): { readonly name: string; readonly inline: string | undefined } {
  const body = token.startsWith("--") ? token.slice(2) : token.slice(1);
  const equals = body.indexOf("=");
  if (equals < 0) return { name: body, inline: undefined };
  return { name: body.slice(0, equals), inline: body.slice(equals + 1) };
}

function readValue(flag: Flag, text: string, before: unknown): unknown {
  switch (flag.kind) {
    case "boolean":
      return parseGoBoolean(text);
    case "integer":
      return parseGoInteger(text);
    case "text":
      return text;
    case "list":
      return [...(before as readonly string[]), text];
  }
}

function unreadable(flag: Flag, name: string, text: string): string {
  if (flag.kind === "boolean") return `invalid boolean value ${JSON.stringify(text)} for -${name}: parse error`;
  return `invalid value ${JSON.stringify(text)} for flag -${name}: parse error`;
}

/** A truth value as Go's `strconv.ParseBool` reads it; undefined for anything else. */
export function parseGoBoolean(text: string): boolean | undefined {
  if (/^(?:1|t|T|TRUE|true|True)$/.test(text)) return true;
  if (/^(?:0|f|F|FALSE|false|False)$/.test(text)) return false;
  return undefined;
}

/** A whole number in decimal, `0x` hexadecimal, `0b` binary, or octal after `0` or `0o`; undefined if it is none. */
function parseGoInteger(text: string): number | undefined {
  const [, sign, digits = ""] = /^([+-]?)(.{1,64})$/.exec(text) ?? [];
  const magnitude = magnitudeOf(digits.toLowerCase());
  if (magnitude === undefined || !Number.isSafeInteger(magnitude)) return undefined;
  return sign === "-" && magnitude !== 0 ? -magnitude : magnitude;
}

function magnitudeOf(digits: string): number | undefined {
  if (/^0x[0-9a-f]+$/.test(digits) || /^0o[0-7]+$/.test(digits) || /^0b[01]+$/.test(digits)) return Number(digits);
  if (/^0[0-7]+$/.test(digits)) return Number.parseInt(digits, 8);
  return /^(?:0|[1-9][0-9]*)$/.test(digits) ? Number(digits) : undefined;
}
