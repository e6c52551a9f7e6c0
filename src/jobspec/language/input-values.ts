import {
  type Circumstances,
  Evaluator,
  fromPlainData,
  HCLError,
  type Node,
  parseText,
  Scope,
  type Source,
  sourceOf,
  textStart,
  Unusable,
  type Value,
} from "../../hcl/index.ts";

/** Values for variables from outside of the job file, the weakest first. */
export interface InputValues {
  /** `NOMAD_VAR_name`; what no file declares is left alone. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Files of values in HCL or JSON, in the order in which they were given. */
  readonly files: readonly { readonly name: string; readonly text: string }[];
  /** `name=value`, in order. */
  readonly assignments: readonly string[];
  /** Whether a value for a variable that is not declared is an error. */
  readonly strict: boolean;
}

/** A value that was given, in one of two forms: a text, read as the type of the variable wants, or a value of a file. */
export interface Input {
  readonly name: string;
  readonly source: Source;
  readonly position: Node["position"];
  readonly given: { readonly kind: "text"; readonly text: string } | { readonly kind: "value"; readonly value: Value };
  /** Whether it was meant for this very file. */
  readonly isMeant: boolean;
}

const prefix = "NOMAD_VAR_";

interface Reading {
  readonly circumstances: Circumstances;
  readonly keep: (error: HCLError) => void;
  /** Longer files are refused. */
  readonly longest: number | undefined;
}

/** All inputs, the weakest first. What is wrong with one is given to `keep`. */
export function inputsIn({ environment, files, assignments }: InputValues, reading: Reading): Input[] {
  const { keep } = reading;
  const result: Input[] = [];
  for (const [key, text] of Object.entries(environment)) {
    if (text === undefined || !key.startsWith(prefix) || key === prefix) continue;
    result.push(textInput(key.slice(prefix.length), text, { file: key, text }, { isMeant: false }));
  }
  for (const file of files) result.push(...fromFile(file, reading));
  for (const assignment of assignments) {
    const at = assignment.indexOf("=");
    const [name, text] = [assignment.slice(0, at).trim(), assignment.slice(at + 1)];
    const source = { file: "-var", text: assignment };
    if (at > 0) result.push(textInput(name, text, source, { isMeant: true }));
    else keep(HCLError.bare({ ...source, syntax: "hcl" }, { message: "-var takes name=value", position: textStart }));
  }
  return result;
}

function textInput(
  name: string,
  text: string,
  { file, text: whole }: { readonly file: string; readonly text: string },
  { isMeant }: { readonly isMeant: boolean },
): Input {
  const source = { file, text: whole, syntax: "hcl" } as const;
  return { name, source, position: textStart, given: { kind: "text", text }, isMeant };
}

function fromFile(
  { name: file, text }: { readonly name: string; readonly text: string },
  { circumstances, keep, longest }: Reading,
): Input[] {
  try {
    const source = sourceOf(text, file, longest);
    return source.syntax === "json" ? fromJSON(source) : fromText(source, circumstances);
  } catch (error) {
    if (!(error instanceof HCLError)) throw error;
    keep(error);
    return [];
  }
}

function fromText(source: Source, circumstances: Circumstances): Input[] {
  const evaluator = new Evaluator(source, circumstances);
  return parseText(source).items.map((item) => {
    const { key: name, position } = item;
    if (item.kind === "block") return evaluator.fail(position, "values of variables are attributes, not blocks");
    const value = evaluator.evaluate(item.value, new Scope(new Map()));
    return { name, source, position, given: { kind: "value", value }, isMeant: true } as const;
  });
}

function fromJSON(source: Source): Input[] {
  const refused = (message: string) => HCLError.bare(source, { message, position: textStart });
  let data: unknown;
  try {
    data = JSON.parse(source.text);
  } catch (error) {
    throw refused(`the file is no JSON: ${(error as Error).message}`);
  }
  return Object.entries(data as object).map(([name, member]) => {
    try {
      const given = { kind: "value", value: fromPlainData(member, 0) } as const;
      return { name, source, position: textStart, given, isMeant: true };
    } catch (error) {
      if (!(error instanceof Unusable)) throw error;
      throw refused(`the value of "${name}": ${error.message}`);
    }
  });
}
