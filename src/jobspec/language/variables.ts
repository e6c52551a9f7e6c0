import { nearest } from "../../base/index.ts";
import {
  type Evaluator,
  HCLError,
  type Node,
  type Position,
  type SyntaxAttribute,
  type SyntaxBlock,
  type SyntaxBody,
  type TypeConstraint,
  typeIn,
} from "../../hcl/index.ts";

/** A variable of a job file. */
export interface Variable {
  readonly name: string;
  readonly type: TypeConstraint | undefined;
  readonly initial: Node | undefined;
  readonly rules: readonly Rule[];
  readonly position: Position;
}

/** What a value must meet. */
export interface Rule {
  readonly condition: Node;
  readonly message: Node | undefined;
}

const known = ["type", "default", "description", "sensitive", "validation"];

/** The `variable` blocks of a file, and the `variables` blocks, which give defaults alone. What is wrong is given to `keep`. */
export function declaredVariables(
  { items }: SyntaxBody,
  evaluator: Evaluator,
  keep: (error: HCLError) => void,
): ReadonlyMap<string, Variable> {
  const variables = new Map<string, Variable>();
  const add = (variable: Variable): void => {
    const { name, position } = variable;
    const first = variables.get(name)?.position;
    if (first === undefined) variables.set(name, variable);
    else
      evaluator.fail(
        position,
        `the variable "${name}" is declared twice`,
        `The first is at ${first.line}:${first.column}`,
      );
  };
  for (const item of items) {
    try {
      if (item.kind !== "block") continue;
      if (item.key === "variable") add(variableIn(item, evaluator));
      if (item.key === "variables") for (const one of attributesIn(item.body, evaluator)) add(defaultOnly(one));
    } catch (error) {
      if (!(error instanceof HCLError)) throw error;
      keep(error);
    }
  }
  return variables;
}

function variableIn({ labels, body, position }: SyntaxBlock, evaluator: Evaluator): Variable {
  const [name] = labels;
  if (name === undefined || labels.length > 1) {
    return evaluator.fail(position, 'a variable has one name: variable "name" { … }');
  }
  const wrong = body.items.find(({ key }) => !known.includes(key));
  if (wrong !== undefined) {
    const meant = nearest(wrong.key, known);
    const hint = meant === undefined ? `Known here: ${known.join(", ")}` : `Did you mean "${meant}"?`;
    return evaluator.fail(wrong.position, `variable "${name}": invalid key: ${wrong.key}`, hint);
  }
  const type = attributeIn(body, "type");
  return {
    name,
    type: type === undefined ? undefined : typeIn(type, evaluator.source),
    initial: attributeIn(body, "default"),
    rules: body.items.filter((item) => item.kind === "block").map((block) => ruleIn(block, evaluator)),
    position,
  };
}

/** The attributes of a body that has nothing else. */
export function attributesIn(body: SyntaxBody, evaluator: Evaluator): SyntaxAttribute[] {
  return body.items.map((item) => {
    if (item.kind === "attribute") return item;
    return evaluator.fail(item.position, "a value is required here, not a block", `Write it as ${item.key} = { … }`);
  });
}

function defaultOnly({ key: name, value, position }: SyntaxAttribute): Variable {
  return { name, type: undefined, initial: value, rules: [], position };
}

function ruleIn({ body, position }: SyntaxBlock, evaluator: Evaluator): Rule {
  const condition = attributeIn(body, "condition");
  if (condition === undefined) return evaluator.fail(position, "a validation needs a condition");
  return { condition, message: attributeIn(body, "error_message") };
}

function attributeIn({ items }: SyntaxBody, key: string): Node | undefined {
  const found = items.findLast((item): item is SyntaxAttribute => item.kind === "attribute" && item.key === key);
  return found?.value;
}
