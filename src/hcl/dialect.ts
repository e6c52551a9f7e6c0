import type { Node, StringNode, SyntaxBody, TemplatePart } from "./syntax.ts";

/** What tells that a text is HCL 2. */
export interface DialectMarks {
  /** Blocks that only HCL 2 knows, at the top of a file. */
  readonly topBlocks: readonly string[];
  /** Names that only HCL 2 defines. */
  readonly roots: readonly string[];
  readonly functions: ReadonlySet<string>;
}

/**
 * Whether a text needs HCL 2 to mean something: it has blocks or expressions that HCL 1 does not know, or strings that
 * use what HCL 2 defines. All other texts are HCL 1, and mean what they have always meant: `${…}` in strings is left alone.
 */
export function needsHCL2(body: SyntaxBody, marks: DialectMarks): boolean {
  const hasBlock = body.items.some((item) => item.kind === "block" && marks.topBlocks.includes(item.key));
  return hasBlock || isMarkedBody(body, marks);
}

function isMarkedBody({ items }: SyntaxBody, marks: DialectMarks): boolean {
  return items.some((item) => {
    if (item.kind === "block") return item.key === "dynamic" || isMarkedBody(item.body, marks);
    const { computedKey, value } = item;
    if (computedKey !== undefined && (computedKey.kind !== "string" || isMarkedString(computedKey, marks))) return true;
    return value.kind === "list" ? value.items.some((one) => isMarkedElement(one, marks)) : isMarked(value, marks);
  });
}

function isMarkedElement(element: Node, marks: DialectMarks): boolean {
  return element.kind === "list" || element.kind === "object" || isMarked(element, marks);
}

function isMarked(value: Node, marks: DialectMarks): boolean {
  switch (value.kind) {
    case "number":
    case "boolean":
      return false;
    case "object":
      return isMarkedBody(value.body, marks);
    case "string":
      return isMarkedString(value, marks);
    default:
      return true;
  }
}

function isMarkedString({ template, problem, pieces, plain }: StringNode, marks: DialectMarks): boolean {
  if (problem === undefined) return template.some((part) => isMarkedPart(part, marks));
  if (pieces.some(({ kind }) => kind === "directive")) return true;
  return [...plain.matchAll(/\$\{~?[ \t]*([\p{L}_][\p{L}\p{Nd}_-]*)([.(])/gu)].some(([, name = "", mark]) =>
    mark === "(" ? marks.functions.has(name) : marks.roots.includes(name),
  );
}

function isMarkedPart(part: TemplatePart, marks: DialectMarks): boolean {
  if (part.kind === "text") return false;
  return part.kind === "interpolation" ? usesLanguage(part.value, marks) : true;
}

function isRoot(node: Node, { roots }: DialectMarks): boolean {
  return node.kind === "reference" && roots.includes(node.name);
}

/** Whether an expression asks for anything that HCL 2 defines. */
function usesLanguage(node: Node, marks: DialectMarks): boolean {
  const uses = (one: Node) => usesLanguage(one, marks);
  switch (node.kind) {
    case "string":
      return node.problem === undefined && node.template.some((part) => isMarkedPart(part, marks));
    // A name alone is one of a shell: `for var in a b; do echo ${var}; done`.
    case "reference":
      return false;
    case "call":
      return marks.functions.has(node.name) || node.parameters.some(uses);
    case "member":
    case "splat":
      return isRoot(node.of, marks) || uses(node.of);
    case "index":
      return isRoot(node.of, marks) || uses(node.of) || uses(node.key);
    case "unary":
      return uses(node.of);
    case "binary":
      return uses(node.left) || uses(node.right);
    case "conditional":
      return uses(node.condition) || uses(node.whenTrue) || uses(node.whenFalse);
    case "for":
      return true;
    case "list":
      return node.items.some(uses);
    case "object":
      return node.body.items.some((item) => item.kind === "attribute" && uses(item.value));
    default:
      return false;
  }
}
