import { goQuote } from "../go-quote.ts";
import { goTypeName } from "../shape.ts";
import { concrete, shown, type Value } from "./value.ts";

/** A width that a format may ask for; what is wider would only fill the memory. */
const widestField = 1000;

/** Go's `Sprintf` for the verbs that make sense here: `%v %s %q %d %x %X %o %b %c %t %f %e %g %%`, with flags, width, precision. */
export function printf(format: string, args: readonly Value[]): string {
  let next = 0;
  const out = format.replace(/%([-+# 0]*)(\d*)(?:\.(\d*))?(\p{L}|%|$)/gu, (_, flags, width, precision, verb) => {
    if (verb === "") return "%!(NOVERB)";
    if (verb === "%") return "%";
    const arg = args[next++];
    if (arg === undefined) return `%!${verb}(MISSING)`;
    const text = converted(verb, arg, { plus: flags.includes("+"), precision: numberOf(precision) });
    return padded(text, Math.min(Number(width), widestField), flags);
  });
  const extra = args.slice(next).map((arg) => `${goTypeName(concrete(arg).shape)}=${shown(arg)}`);
  return extra.length > 0 ? `${out}%!(EXTRA ${extra.join(", ")})` : out;
}

function numberOf(digits: string | undefined): number | undefined {
  return digits === undefined ? undefined : Math.min(Number(digits), 100);
}

function converted(verb: string, arg: Value, options: { plus: boolean; precision: number | undefined }): string {
  const { shape, value } = concrete(arg);
  if (verb === "v") return shown(arg);
  if (verb === "T") return goTypeName(shape);
  const isInteger = shape.kind === "scalar" && ["int", "uint64", "time.Duration"].includes(shape.goType);
  const text =
    typeof value === "string"
      ? textVerb(verb, value, options.precision)
      : typeof value === "boolean"
        ? verb === "t"
          ? String(value)
          : undefined
        : isInteger
          ? integerVerb(verb, value as number, arg)
          : typeof value === "number"
            ? floatVerb(verb, value, options.precision)
            : verb === "s"
              ? shown(arg)
              : undefined;
  if (text === undefined) return `%!${verb}(${goTypeName(shape)}=${shown(arg)})`;
  return options.plus && typeof value === "number" && value >= 0 ? `+${text}` : text;
}

function textVerb(verb: string, value: string, precision: number | undefined): string | undefined {
  const cut = precision === undefined ? value : [...value].slice(0, precision).join("");
  if (verb === "s") return cut;
  if (verb === "q") return goQuote(cut);
  if (verb === "x") return Buffer.from(cut).toString("hex");
  return undefined;
}

function integerVerb(verb: string, value: number, arg: Value): string | undefined {
  if (verb === "d") return String(value);
  if (verb === "x") return value.toString(16);
  if (verb === "X") return value.toString(16).toUpperCase();
  if (verb === "o") return value.toString(8);
  if (verb === "b") return value.toString(2);
  if (verb === "c") return String.fromCodePoint(value);
  if (verb === "s" && arg.shape.kind === "scalar" && arg.shape.goType === "time.Duration") return shown(arg);
  return undefined;
}

function floatVerb(verb: string, value: number, precision: number | undefined): string | undefined {
  if (verb === "f") return value.toFixed(precision ?? 6);
  if (verb === "e") return value.toExponential(precision ?? 6).replace(/e([+-])(\d)$/, "e$10$2");
  if (verb === "g") return precision === undefined ? String(value) : String(Number(value.toPrecision(precision || 1)));
  return undefined;
}

function padded(text: string, width: number, flags: string): string {
  const missing = width - [...text].length;
  if (missing <= 0) return text;
  if (flags.includes("-")) return text + " ".repeat(missing);
  if (!flags.includes("0")) return " ".repeat(missing) + text;
  const [, sign = "", rest = ""] = /^([+-]?)(.*)$/s.exec(text)!;
  return sign + "0".repeat(missing) + rest;
}
