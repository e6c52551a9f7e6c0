import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import type { OpenAPIDocument, Operation } from "../../../src/api/index.ts";

/** An operation with where it stands in the document. */
export interface Described {
  readonly path: string;
  readonly verb: string;
  readonly operation: Operation;
  readonly hasJSON: boolean;
}

/** The operations of the document but those that are there only for a second verb. */
export function operationsOf(document: OpenAPIDocument): readonly Described[] {
  const all = Object.entries(document.paths).flatMap(([path, verbs]) =>
    Object.entries(verbs).map(([verb, operation]) => {
      const answer = operation.responses["200"] as { readonly content?: object } | undefined;
      return { path, verb: verb.toUpperCase(), operation, hasJSON: "application/json" in (answer?.content ?? {}) };
    }),
  );
  return all.filter(({ operation }) => !/By(Post|Put)$/.test(operation.operationId));
}

/** Checks of answers, each made when it is first needed; `change` says how strict they are. */
export function fits(document: OpenAPIDocument, change = closed): (path: string, verb: string) => ValidateFunction {
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  ajv.addSchema({ $id: "http://api/", ...(change(document) as object) });
  const escaped = (path: string) =>
    path.replaceAll("~", "~0").replaceAll("/", "~1").replaceAll("{", "%7B").replaceAll("}", "%7D");
  const made = new Map<string, ValidateFunction>();
  return (path, verb) => {
    const place = `/paths/${escaped(path)}/${verb.toLowerCase()}/responses/200/content/application~1json/schema`;
    const validate = made.get(place) ?? ajv.compile({ $ref: `http://api/#${place}` });
    made.set(place, validate);
    return validate;
  };
}

/** The same document with every object closed whose fields are known. */
export function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== "object" || value === null) return value;
  const inner = Object.fromEntries(Object.entries(value).map(([name, each]) => [name, closed(each)]));
  return "properties" in inner && "type" in inner ? { additionalProperties: false, ...inner } : inner;
}

/** The same document without the demand that fields are there. */
export function loosely(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(loosely);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([name, each]) => !(name === "required" && Array.isArray(each)));
  return Object.fromEntries(entries.map(([name, each]) => [name, loosely(each)]));
}
