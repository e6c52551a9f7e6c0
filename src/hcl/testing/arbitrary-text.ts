import fc from "fast-check";

const name = fc.constantFrom("a", "count", "port_map", "kill-timeout", "Ünï", "x1", "for", "in", "null_like");
const text = fc.oneof(
  fc.string({ maxLength: 8 }).map((value) => JSON.stringify(value.toWellFormed()).replaceAll("%{", "%%{")),
  fc.constantFrom('"${attr.arch}"', '"a ${upper("b")} c"', '"%{ if true }x%{ endif }"', '"$${x}"', '"é😀"'),
);
const scalar = fc.oneof(
  text,
  fc.integer().map(String),
  fc.constantFrom(
    "1.5",
    "0x1F",
    "true",
    "false",
    "null",
    "-3",
    "var.image",
    "local.list[0].b",
    "list[*].c",
    "max(1, 2...)",
    "f()",
  ),
);
const heredoc = fc
  .tuple(fc.constantFrom("<<", "<<-"), fc.array(fc.constantFrom("  a", "b ${c}", "", "    { d"), { maxLength: 3 }))
  .map(([mark, lines]) => `${mark}END\n${lines.map((line) => `${line}\n`).join("")}  END\n`);
/** Between words: any space that ends no line. */
const gap = fc.constantFrom(" ", "  ", "\t", " /* c */ ");
const noGap = fc.oneof({ weight: 3, arbitrary: fc.constant("") }, gap);
/** Between items: any space. */
const separator = fc.constantFrom(" ", "\n", "\n\n", "  # note\n", "\n// note\n  ", "\n/* more\n lines */\n", "\r\n");

interface Pieces {
  expression: string;
  items: string;
}

const { items } = fc.letrec<Pieces>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    scalar,
    fc
      .tuple(fc.array(tie("expression"), { maxLength: 3 }), fc.constantFrom(", ", ",\n", " ,"), noGap)
      .map(([parts, comma, space]) => `[${space}${parts.join(comma)}${space}]`),
    fc.tuple(tie("items"), noGap).map(([inner, space]) => `{${space}${inner}}`),
    fc
      .tuple(tie("expression"), fc.constantFrom("+", " - ", "*", "&&", " == ", "<"), tie("expression"))
      .map(([left, operator, right]) => `(${left}${operator}${right})`),
    fc.tuple(scalar, scalar, scalar).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
    fc.tuple(name, scalar, scalar).map(([one, of, result]) => `[for ${one} in ${of} : ${result} if true]`),
    scalar.map((value) => `(!${value})`),
  ),
  items: fc
    .array(
      fc.oneof(
        { maxDepth: 3 },
        fc
          .tuple(name, noGap, noGap, tie("expression"))
          .map(([key, before, after, value]) => `${key}${before}=${after}${value}`),
        fc.tuple(name, heredoc).map(([key, value]) => `${key} = ${value}`),
        fc.tuple(name, fc.array(text, { maxLength: 2 }), noGap, tie("items")).map(([key, labels, space, inner]) => {
          return `${[key, ...labels].join(" ")}${space}{ ${inner}}`;
        }),
      ),
      { maxLength: 4 },
    )
    .chain((parts) =>
      fc
        .array(separator, { minLength: parts.length, maxLength: parts.length })
        .map((separators) => ({ parts, separators })),
    )
    .map(({ parts, separators }) => parts.map((part, index) => part + separators[index]).join("")),
}));

/** Texts of HCL, most of which can be parsed: blocks, objects, expressions, comments, one or more on a line. */
export const hclText: fc.Arbitrary<string> = items;
