/**
 * Shapes of the API's values as Go programs declare them: which fields there are, in which order, and what type each
 * has. Users see them: in `-json` output, in what a template may ask for, and in what it is told when it asks wrongly.
 */
export type Shape =
  | { readonly kind: "scalar"; readonly goType: "string" | "int" | "uint64" | "bool" | "float64" | "time.Duration" }
  | { readonly kind: "any" }
  | { readonly kind: "list"; readonly of: Shape }
  | { readonly kind: "map"; readonly of: Shape }
  | StructShape
  | { readonly kind: "pointer"; readonly to: StructShape };

export interface StructShape {
  readonly kind: "struct";
  readonly goType: string;
  /** In Go's order. */
  readonly fields: Readonly<Record<string, Shape>>;
  /** Fields that came later: shown as data where they say something, and unknown to templates. */
  readonly later: Readonly<Record<string, Shape>>;
}

export const string: Shape = { kind: "scalar", goType: "string" };
export const int: Shape = { kind: "scalar", goType: "int" };
export const uint64: Shape = { kind: "scalar", goType: "uint64" };
export const bool: Shape = { kind: "scalar", goType: "bool" };
export const float64: Shape = { kind: "scalar", goType: "float64" };
export const duration: Shape = { kind: "scalar", goType: "time.Duration" };
export const any: Shape = { kind: "any" };
export const list = (of: Shape): Shape => ({ kind: "list", of });
export const map = (of: Shape): Shape => ({ kind: "map", of });
export const struct = (
  goType: string,
  fields: Readonly<Record<string, Shape>>,
  later: Readonly<Record<string, Shape>> = {},
): StructShape => ({ kind: "struct", goType, fields, later });
export const pointer = (to: StructShape): Shape => ({ kind: "pointer", to });

/** The name of the type in Go: `[]*api.NodeListStub`. */
export function goTypeName(shape: Shape): string {
  switch (shape.kind) {
    case "scalar":
    case "struct":
      return shape.goType;
    case "any":
      return "interface {}";
    case "list":
      return `[]${goTypeName(shape.of)}`;
    case "map":
      return `map[string]${goTypeName(shape.of)}`;
    case "pointer":
      return `*${shape.to.goType}`;
  }
}

/**
 * The value with exactly the fields of its shape, in their order: what is missing is zero, an empty list or map is
 * `null`, keys of maps are sorted.
 */
export function arranged(value: unknown, shape: Shape): unknown {
  switch (shape.kind) {
    case "scalar":
      return value ?? zeroOf(shape.goType);
    case "any":
      return sortedKeys(value);
    case "list":
      if (!Array.isArray(value) || value.length === 0) return null;
      return value.map((element) => arranged(element, shape.of));
    case "map":
      return arrangedMap(value, shape.of);
    case "pointer":
      return isObject(value) ? arranged(value, shape.to) : null;
    case "struct": {
      const fields = isObject(value) ? value : {};
      const told = (shapes: StructShape["fields"]) =>
        Object.entries(shapes).map(([name, field]) => [name, arranged(fields[name], field)] as const);
      return Object.fromEntries([...told(shape.fields), ...told(shape.later).filter(([, inner]) => Boolean(inner))]);
    }
  }
}

function zeroOf(goType: string): unknown {
  if (goType === "string") return "";
  return goType === "bool" ? false : 0;
}

function arrangedMap(value: unknown, of: Shape): unknown {
  if (!isObject(value) || Object.keys(value).length === 0) return null;
  const result: Record<string, unknown> = Object.create(null);
  for (const key of Object.keys(value).sort()) result[key] = arranged(value[key], of);
  return result;
}

function sortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedKeys);
  if (!isObject(value)) return value ?? null;
  const result: Record<string, unknown> = Object.create(null);
  for (const key of Object.keys(value).sort()) result[key] = sortedKeys(value[key]);
  return result;
}

/** True for what has keys: an object that is no list. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
