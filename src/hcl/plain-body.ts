import type { Attribute, Body, Expression, Item } from "./ast.ts";
import { HCLError } from "./hcl-error.ts";
import type { Source } from "./source.ts";
import type { Node, SyntaxBody, SyntaxItem } from "./syntax.ts";

/** What was written as HCL 1: strings keep their `${…}`. Throws `HCLError` at what only HCL 2 knows. */
export function plainBody({ source, position, items }: SyntaxBody): Body {
  return { source, position, items: items.map((item) => plainItem(source, item)) };
}

function plainItem(source: Source, item: SyntaxItem): Item {
  const { key, position } = item;
  if (item.kind === "block") {
    return { kind: "block", key, labels: item.labels, body: plainBody(item.body), position };
  }
  const { value, computedKey } = item;
  if (computedKey !== undefined && computedKey.kind !== "string") {
    throw notPlain(source, computedKey, "expected: IDENT | STRING got: ");
  }
  if (value.kind === "object") return { kind: "block", key, labels: [], body: plainBody(value.body), position };
  return { kind: "attribute", key, value: plainValue(source, value), position } satisfies Attribute;
}

function plainValue(source: Source, value: Node): Expression {
  if (value.kind !== "list") return literal(source, value, "a value is expected after ASSIGN got: ");
  const items = value.items
    // Booleans in a list are dropped without a word, as Nomad 0.4.1 does.
    .filter((item) => item.kind !== "boolean")
    .map((item) => literal(source, item, "unexpected token while parsing list: "));
  return { kind: "list", items, position: value.position };
}

function literal(source: Source, value: Node, lead: string): Expression {
  const { position } = value;
  switch (value.kind) {
    case "string":
      return { kind: "string", value: value.plain, position };
    case "number":
      return { kind: "number", value: value.value, position };
    case "boolean":
      return { kind: "boolean", value: value.value, position };
    default:
      throw notPlain(source, value, lead);
  }
}

function notPlain(source: Source, value: Node, lead: string): HCLError {
  const { position } = leftmost(value);
  const hint = value.kind === "reference" ? "A string needs double quotes" : undefined;
  return HCLError.placed(source, { message: lead + tokenOf(value), position, hint });
}

/** The token of HCL 1 at which a value ends to be HCL 1. */
function tokenOf(value: Node): string {
  switch (leftmost(value).kind) {
    case "list":
      return "LBRACK";
    case "object":
      return "LBRACE";
    case "string":
    case "number":
    case "boolean":
      return "an expression";
    default:
      return "IDENT";
  }
}

function leftmost(value: Node): Node {
  switch (value.kind) {
    case "member":
    case "index":
    case "splat":
      return leftmost(value.of);
    case "binary":
      return leftmost(value.left);
    case "conditional":
      return leftmost(value.condition);
    default:
      return value;
  }
}
