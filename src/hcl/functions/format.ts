import type { Budget } from "../evaluation/budget.ts";
import { booleanOf, integerOf, numberOf, textOf, Unusable, type Value } from "../evaluation/value.ts";
import { jsonText } from "./json.ts";

const verb = /%([-+ #0]{0,8})([0-9]{0,8})(?:\.([0-9]{1,8}))?(?:\[([0-9]{1,8})\])?([a-zA-Z%])/g;
/** Nobody pads further. */
const widest = 1024;

/** Text with values in the place of verbs such as `%s`, `%05d`, `%.2f`, `%q` and `%v`, as Go's `fmt` has them. */
export function formatted(template: string, values: readonly Value[], budget: Budget): string {
  let next = 0;
  let used = 0;
  const result = template.replace(verb, (whole, flags: string, width: string, precision, place, letter: string) => {
    budget.spend(1);
    if (letter === "%") return "%";
    const index = place === undefined ? next : Number(place) - 1;
    const value = values[index];
    if (value === undefined) throw new Unusable(`there is no value for "${whole}"`);
    next = index + 1;
    used = Math.max(used, next);
    if (Number(width || 0) > widest || Number(precision ?? 0) > 100) throw new Unusable(`"${whole}" is too wide`);
    if (typeof value === "string") budget.spendSize(value.length);
    const text = shownAs(letter, value, { flags, precision: precision === undefined ? undefined : Number(precision) });
    budget.spendSize(text.length);
    return padded(text, Number(width || 0), flags);
  });
  const stray = template.replace(verb, "").indexOf("%");
  if (stray !== -1) throw new Unusable("a % in the text is followed by no verb", { parameter: 0 });
  if (used < values.length) throw new Unusable(`the text has verbs for ${used} values, not for ${values.length}`);
  budget.spendSize(result.length);
  return result;
}

interface Manner {
  readonly flags: string;
  readonly precision: number | undefined;
}

function shownAs(letter: string, value: Value, { flags, precision }: Manner): string {
  switch (letter) {
    case "s":
      return [...textOf(value)].slice(0, precision).join("");
    case "q":
      return JSON.stringify(textOf(value));
    case "v":
      if (flags.includes("#") || (typeof value === "object" && value !== null)) return jsonText(value);
      return value === null ? "null" : textOf(value);
    case "t":
      return String(booleanOf(value));
    case "d":
      return signed(String(integerOf(value)), flags);
    case "b":
      return signed(integerOf(value).toString(2), flags);
    case "o":
      return signed(integerOf(value).toString(8), flags);
    case "x":
      return hex(value);
    case "X":
      return hex(value).toUpperCase();
    case "f":
      return signed(Number(numberOf(value)).toFixed(precision ?? 6), flags);
    case "e":
      return signed(exponent(Number(numberOf(value)).toExponential(precision ?? 6)), flags);
    case "g":
      return signed(
        precision === undefined ? textOf(numberOf(value)) : general(Number(numberOf(value)), precision),
        flags,
      );
    default:
      throw new Unusable(`"%${letter}" is no verb`, { parameter: 0 });
  }
}

function hex(value: Value): string {
  return typeof value === "string" ? Buffer.from(value).toString("hex") : integerOf(value).toString(16);
}

function general(value: number, precision: number): string {
  return String(Number(value.toPrecision(Math.max(1, precision))));
}

/** Go writes two digits at least. */
function exponent(text: string): string {
  return text.replace(/e([+-])([0-9])$/, "e$10$2");
}

function signed(text: string, flags: string): string {
  if (text.startsWith("-")) return text;
  if (flags.includes("+")) return `+${text}`;
  return flags.includes(" ") ? ` ${text}` : text;
}

function padded(text: string, width: number, flags: string): string {
  if (flags.includes("-")) return text.padEnd(width);
  if (!flags.includes("0")) return text.padStart(width);
  const [, sign = "", rest = ""] = /^([+-]?)(.*)$/s.exec(text) ?? [];
  return sign + rest.padStart(width - sign.length, "0");
}
