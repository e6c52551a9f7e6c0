/** Schemas of the OpenAPI document in the words of the reference. */
type Schema = Readonly<Record<string, unknown>>;

/** A field, with those around it in its name: `Tasks.*.Timestamp`, `Servers[].Datacenter`. */
interface Field {
  readonly name: string;
  readonly type: string;
}

/** The fields of an object that has no name of its own, those of nameless objects in it among them. */
export function fieldsOf(schema: Schema, outer = ""): readonly Field[] {
  const { properties } = schema as { readonly properties?: Readonly<Record<string, Schema>> };
  return Object.entries(properties ?? {}).flatMap(([name, field]) => {
    const [inner, path] = innermost(field, `${outer}${name}`);
    const isNameless = inner.properties !== undefined;
    return [{ name: `${outer}${name}`, type: typeOf(field) }, ...(isNameless ? fieldsOf(inner, `${path}.`) : [])];
  });
}

/** What lists and maps of `schema` hold in the end. */
function innermost(schema: Schema, path: string): readonly [Schema, string] {
  const { items, additionalProperties } = schema as { readonly items?: Schema; readonly additionalProperties?: Schema };
  if (items !== undefined) return innermost(items, `${path}[]`);
  return additionalProperties === undefined ? [schema, path] : innermost(additionalProperties, `${path}.*`);
}

/** The name that a component has on the page. */
export function shapeName(component: string): string {
  return component.replace(/Input$/, "");
}

export function typeOf(schema: Schema): string {
  const { $ref, anyOf, type, items, additionalProperties, format } = schema as {
    readonly $ref?: string;
    readonly anyOf?: readonly Schema[];
    readonly type?: string | readonly string[];
    readonly items?: Schema;
    readonly additionalProperties?: Schema;
    readonly enum?: readonly string[];
    readonly format?: string;
  };
  if ($ref !== undefined) return shapeLink($ref.slice($ref.lastIndexOf("/") + 1));
  if (anyOf !== undefined) return anyOf.map(typeOf).join(" or ");
  if (Array.isArray(schema.enum)) return schema.enum.map((each) => `\`${each}\``).join(" or ");
  const types = type === undefined ? [] : [type].flat();
  if (types.length === 0) return "anything";
  return types.map((each) => plainType(each, { items, additionalProperties, format })).join(" or ");
}

function plainType(
  type: string,
  { items, additionalProperties, format }: { items?: Schema; additionalProperties?: Schema; format?: string },
): string {
  switch (type) {
    case "array":
      return `list of ${typeOf(items ?? {})}`;
    case "object":
      return additionalProperties === undefined ? "object" : `map of ${typeOf(additionalProperties)}`;
    case "string":
      return format === "date-time" ? "time" : "text";
    case "null":
      return "`null`";
    default:
      return type;
  }
}

function shapeLink(component: string): string {
  const name = shapeName(component);
  return `[${name}](#${name.toLowerCase()})`;
}
