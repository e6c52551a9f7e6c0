import type { NumberValue } from "../ast.ts";
import { fixed, type HCLFunction, variadic } from "../evaluation/function.ts";
import { numberValue, Unusable } from "../evaluation/value.ts";

/** Functions of numbers. */
export const numberFunctions: Readonly<Record<string, HCLFunction>> = {
  abs: fixed(["number"], ([value]) => (value < 0 ? -value : value)),
  ceil: fixed(["number"], ([value]) => numberValue(typeof value === "bigint" ? value : Math.ceil(value))),
  floor: fixed(["number"], ([value]) => numberValue(typeof value === "bigint" ? value : Math.floor(value))),
  log: fixed(["number", "number"], ([value, base]) => numberValue(Math.log(Number(value)) / Math.log(Number(base)))),
  max: variadic("number", 1, (values) => values.reduce((a, b) => (b > a ? b : a))),
  min: variadic("number", 1, (values) => values.reduce((a, b) => (b < a ? b : a))),
  parseint: fixed(["string", "integer"], ([text, base]) => parsed(text, base)),
  pow: fixed(["number", "number"], ([base, exponent]) => power(base, exponent)),
  signum: fixed(["number"], ([value]) => BigInt(Math.sign(Number(value)))),
};

function parsed(text: string, base: number): NumberValue {
  if (base < 2 || base > 62) throw new Unusable("a base is from 2 to 62", { parameter: 1 });
  const digits = /^([+-]?)([0-9A-Za-z]{1,200})$/.exec(text);
  const fail = () =>
    new Unusable(`${JSON.stringify(text.slice(0, 60))} is no number in base ${base}`, { parameter: 0 });
  if (digits === null) throw fail();
  let result = 0n;
  for (const character of digits[2]!) {
    const digit = digitOf(character, base);
    if (digit >= base) throw fail();
    result = result * BigInt(base) + BigInt(digit);
  }
  return numberValue(digits[1] === "-" ? -result : result);
}

/** Up to base 36 the case of a letter does not matter; beyond, capitals come after small letters. */
function digitOf(character: string, base: number): number {
  if (base <= 36) return Number.parseInt(character, 36);
  return "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".indexOf(character);
}

function power(base: NumberValue, exponent: NumberValue): NumberValue {
  const isWhole = typeof base === "bigint" && typeof exponent === "bigint" && exponent >= 0n;
  if (isWhole && exponent <= 512n) return numberValue(base ** exponent);
  return numberValue(Number(base) ** Number(exponent));
}
