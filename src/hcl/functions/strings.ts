import { type Call, fixed, type HCLFunction, variadic } from "../evaluation/function.ts";
import { elementsOf, textOf, Unusable, type Value } from "../evaluation/value.ts";
import { formatted } from "./format.ts";

/** Functions of texts. Where characters are counted, they are whole ones. */
export const stringFunctions: Readonly<Record<string, HCLFunction>> = {
  chomp: fixed(["string"], ([text]) => text.slice(0, endWithout(text, "\r\n"))),
  format: withValues((template, values, call) => formatted(template, values, call.budget)),
  formatlist: withValues(formatEach),
  indent: fixed(["integer", "string"], ([spaces, text], { budget }) => {
    if (spaces < 0) throw new Unusable("the number of spaces is negative", { parameter: 0 });
    const lines = text.split("\n");
    budget.spendSize(spaces * lines.length + text.length);
    return lines.join(`\n${" ".repeat(spaces)}`);
  }),
  join: variadic("any", 2, ([separator, ...lists], { budget }) => {
    const texts = lists.flatMap((list, index) => {
      const elements = elementsOf(list);
      if (elements === undefined) throw new Unusable("a list is required", { parameter: index + 1 });
      return elements.map(textOf);
    });
    const between = textOf(separator!);
    budget.spendSize(texts.reduce((sum, { length }) => sum + length + between.length, 0));
    return texts.join(between);
  }),
  lower: fixed(["string"], ([text]) => text.toLowerCase()),
  replace: fixed(["string", "string", "string"], ([text, search, replacement], { budget }) => {
    payForSearch(budget, text, search);
    const count = search === "" ? text.length + 1 : text.split(search).length;
    budget.spendSize(text.length + count * replacement.length);
    return text.split(search).join(replacement);
  }),
  split: fixed(["string", "string"], ([separator, text], { budget }) => {
    payForSearch(budget, text, separator);
    return text === "" ? [""] : separator === "" ? [...text] : text.split(separator);
  }),
  strlen: fixed(["string"], ([text]) => BigInt([...text].length)),
  strrev: fixed(["string"], ([text]) => [...text].reverse().join("")),
  substr: fixed(["string", "integer", "integer"], ([text, offset, length]) => {
    const characters = [...text];
    const start = offset < 0 ? Math.max(0, characters.length + offset) : offset;
    return characters.slice(start, length < 0 ? undefined : start + length).join("");
  }),
  title: fixed(["string"], ([text]) => text.replace(/(?<![\p{L}\p{Nd}_'])\p{L}/gu, (letter) => letter.toUpperCase())),
  trim: fixed(["string", "string"], ([text, set]) => trimmedEnd(trimmedStart(text, set), set)),
  trimprefix: fixed(["string", "string"], ([text, start]) =>
    text.startsWith(start) ? text.slice(start.length) : text,
  ),
  trimspace: fixed(["string"], ([text]) => text.trim()),
  trimsuffix: fixed(["string", "string"], ([text, end]) => {
    return end !== "" && text.endsWith(end) ? text.slice(0, -end.length) : text;
  }),
  upper: fixed(["string"], ([text]) => text.toUpperCase()),
};

/** At each place of a text, all of what is sought may be compared. */
function payForSearch(budget: Call["budget"], text: string, wanted: string): void {
  budget.spend(1 + Math.ceil((text.length * Math.max(1, wanted.length / 64)) / 16));
}

function endWithout(text: string, marks: string): number {
  let end = text.length;
  while (end > 0 && marks.includes(text[end - 1]!)) end -= 1;
  return end;
}

/** A text, and then any values. */
function withValues(run: (text: string, values: readonly Value[], call: Call) => Value): HCLFunction {
  return variadic("any", 1, ([text, ...values], call) => run(textOf(text!), values, call));
}

/** Of each list the same element at a time; what is no list is the same for all. */
function formatEach(template: string, values: readonly Value[], { budget }: Call): Value {
  const lengths = values.flatMap((value) => elementsOf(value)?.length ?? []);
  const count = lengths[0] ?? 1;
  if (lengths.some((length) => length !== count)) throw new Unusable("the lists are not of one length");
  return Array.from({ length: count }, (_, index) => {
    const row = values.map((value) => elementsOf(value)?.[index] ?? value);
    return formatted(template, row, budget);
  });
}

function trimmedStart(text: string, set: string): string {
  const characters = [...text];
  const unwanted = new Set(set);
  const first = characters.findIndex((character) => !unwanted.has(character));
  return first === -1 ? "" : characters.slice(first).join("");
}

function trimmedEnd(text: string, set: string): string {
  const characters = [...text];
  const unwanted = new Set(set);
  return characters.slice(0, characters.findLastIndex((character) => !unwanted.has(character)) + 1).join("");
}
