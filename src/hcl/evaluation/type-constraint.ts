import { HCLError } from "../hcl-error.ts";
import type { Source } from "../source.ts";
import type { Node } from "../syntax.ts";
import { booleanOf, elementsOf, isMap, kindOf, numberOf, textOf, Unusable, type Value, ValueSet } from "./value.ts";

/** What a variable may be: `list(string)`, `object({ name = string })` and the like. */
export type TypeConstraint =
  | { readonly kind: "string" | "number" | "bool" | "any" }
  | { readonly kind: "list" | "set" | "map"; readonly of: TypeConstraint }
  | { readonly kind: "tuple"; readonly of: readonly TypeConstraint[] }
  | { readonly kind: "object"; readonly of: ReadonlyMap<string, Member> };

interface Member {
  readonly type: TypeConstraint;
  readonly isOptional: boolean;
}

const names = ["string", "number", "bool", "any", "list", "set", "map", "object", "tuple"];

/** Reads a type where one was written. Throws `HCLError`. */
export function typeIn(node: Node, source: Source): TypeConstraint {
  const fail = (): never => {
    const hint = `Types are ${names.join(", ")}: list(string), object({ name = string })`;
    throw HCLError.placed(source, { message: "a type is expected", position: node.position, hint });
  };
  if (node.kind === "reference" || node.kind === "string") {
    const name = node.kind === "reference" ? node.name : node.plain;
    if (name === "string" || name === "number" || name === "bool" || name === "any") return { kind: name };
    if (name === "list" || name === "set" || name === "map") return { kind: name, of: { kind: "any" } };
    return fail();
  }
  const [inside] = node.kind === "call" ? node.parameters : [];
  if (node.kind !== "call" || inside === undefined || node.parameters.length !== 1) return fail();
  switch (node.name) {
    case "list":
    case "set":
    case "map":
      return { kind: node.name, of: typeIn(inside, source) };
    case "tuple":
      if (inside.kind !== "list") return fail();
      return { kind: "tuple", of: inside.items.map((item) => typeIn(item, source)) };
    case "object":
      if (inside.kind !== "object") return fail();
      return { kind: "object", of: new Map(inside.body.items.map((item) => [item.key, memberIn(item, source, fail)])) };
    default:
      return fail();
  }
}

function memberIn(item: { readonly kind: string; readonly value?: Node }, source: Source, fail: () => never): Member {
  const { value } = item;
  if (value === undefined) return fail();
  if (value.kind !== "call" || value.name !== "optional") return { type: typeIn(value, source), isOptional: false };
  const [inner] = value.parameters;
  if (inner === undefined || value.parameters.length > 1) {
    const hint = "A member that is left out is null: coalesce(var.name.member, …) gives it another value";
    const message = "optional takes the member's type and nothing else";
    throw HCLError.placed(source, { message, position: value.position, hint });
  }
  return { type: typeIn(inner, source), isOptional: true };
}

/** The value as one of that type; what is left out of an object though it may be is null. Throws `Unusable`. */
export function convert(value: Value, type: TypeConstraint): Value {
  if (value === null || type.kind === "any") return value;
  switch (type.kind) {
    case "string":
      return textOf(value);
    case "number":
      return numberOf(value);
    case "bool":
      return booleanOf(value);
    case "list":
      return elements(value).map((element) => convert(element, type.of));
    case "set":
      return new ValueSet(elements(value).map((element) => convert(element, type.of)));
    case "tuple": {
      const found = elements(value);
      if (found.length !== type.of.length) {
        throw new Unusable(`a list of ${type.of.length} elements is required, not of ${found.length}`);
      }
      return found.map((element, index) => convert(element, type.of[index]!));
    }
    case "map":
      return new Map([...members(value)].map(([key, member]) => [key, within(key, () => convert(member, type.of))]));
    case "object": {
      const found = members(value);
      return new Map(
        [...type.of].map(([key, { type: memberType, isOptional }]) => {
          const member = found.get(key);
          if (member === undefined && !isOptional) throw new Unusable(`the member "${key}" is required`);
          return [key, member === undefined ? null : within(key, () => convert(member, memberType))];
        }),
      );
    }
  }
}

/** A type as it is written. */
export function typeText(type: TypeConstraint): string {
  switch (type.kind) {
    case "list":
    case "set":
    case "map":
      return `${type.kind}(${typeText(type.of)})`;
    case "tuple":
      return `tuple([${type.of.map(typeText).join(", ")}])`;
    case "object":
      return `object({${[...type.of].map(([key, { type: member }]) => `${key} = ${typeText(member)}`).join(", ")}})`;
    default:
      return type.kind;
  }
}

function elements(value: Value): readonly Value[] {
  const found = elementsOf(value);
  if (found === undefined) throw new Unusable(`a list is required, not ${kindOf(value)}`);
  return found;
}

function members(value: Value): ReadonlyMap<string, Value> {
  if (!isMap(value)) throw new Unusable(`an object is required, not ${kindOf(value)}`);
  return value;
}

function within<Result>(key: string, run: () => Result): Result {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof Unusable)) throw error;
    throw new Unusable(`"${key}": ${error.message}`);
  }
}
