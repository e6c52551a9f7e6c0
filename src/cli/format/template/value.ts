import { formatGoDuration, nanoseconds } from "../../../base/index.ts";
import { any, bool, float64, isObject, list, map, type Shape, string } from "../shape.ts";

/** A value with its shape: templates in Go are typed, and their users see the types in errors. */
export interface Value {
  readonly shape: Shape;
  readonly value: unknown;
}

/** What has no value at all: a missing key, or `nil`. */
export const nothing: Value = { shape: any, value: null };

/** A value of unknown type as what it turns out to be. */
export function concrete({ shape, value }: Value): Value {
  if (shape.kind !== "any") return { shape, value };
  if (typeof value === "string") return { shape: string, value };
  if (typeof value === "number") return { shape: float64, value };
  if (typeof value === "boolean") return { shape: bool, value };
  if (Array.isArray(value)) return { shape: list(any), value };
  return isObject(value) ? { shape: map(any), value } : { shape, value };
}

/** Zero, empty and absent are false; everything else, and every struct, is true. */
export function isTrue(given: Value): boolean {
  const { shape, value } = concrete(given);
  switch (shape.kind) {
    case "scalar":
      return value !== "" && value !== 0 && value !== false;
    case "struct":
      return true;
    case "list":
      return Array.isArray(value) && value.length > 0;
    case "map":
      return isObject(value) && Object.keys(value).length > 0;
    case "pointer":
    case "any":
      return value !== null;
  }
}

/** The value as Go's `%v` prints it. */
export function shown(given: Value): string {
  const { shape, value } = concrete(given);
  switch (shape.kind) {
    case "scalar":
      return shape.goType === "time.Duration" ? formatGoDuration(nanoseconds(value as number)) : String(value);
    case "any":
      return "<no value>";
    case "list":
      return `[${elementsOf(value)
        .map((element) => shownInside({ shape: shape.of, value: element }))
        .join(" ")}]`;
    case "map":
      return `map[${entriesOf(value)
        .map(([key, inner]) => `${key}:${shownInside({ shape: shape.of, value: inner })}`)
        .join(" ")}]`;
    case "pointer":
      return value === null ? "<nil>" : `&${shown({ shape: shape.to, value })}`;
    case "struct": {
      const fields = value as Readonly<Record<string, unknown>>;
      const parts = Object.entries(shape.fields).map(([name, field]) =>
        shownInside({ shape: field, value: fields[name] }),
      );
      return `{${parts.join(" ")}}`;
    }
  }
}

function shownInside(value: Value): string {
  return value.shape.kind === "any" && value.value === null ? "<nil>" : shown(value);
}

export function elementsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The entries of a map in the order of its keys. */
export function entriesOf(value: unknown): readonly (readonly [string, unknown])[] {
  return isObject(value)
    ? Object.keys(value)
        .sort()
        .map((key) => [key, value[key]] as const)
    : [];
}
