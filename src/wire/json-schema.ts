import * as z from "zod";

/** A schema in the words of JSON Schema 2020-12, which are those of OpenAPI 3.1. */
export type JSONSchema = Readonly<Record<string, unknown>>;

/** The same for whoever reads it: what our schemas say of themselves, as far as shapes are made of it. */
export interface WrittenSchema {
  readonly $ref?: string;
  readonly anyOf?: readonly WrittenSchema[];
  readonly enum?: readonly string[];
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, WrittenSchema>>;
  readonly required?: readonly string[];
  readonly items?: WrittenSchema;
  readonly additionalProperties?: WrittenSchema;
}

/** What is asked may leave out almost everything, or say `null` for it; what is answered has every field. */
export type Direction = "asked" | "answered";

/** How a building block of our schemas looks from outside. What it is made of is described by `inner`. */
type Describer = (direction: Direction, inner: (schema: z.ZodType) => JSONSchema) => JSONSchema;

const describers = new WeakMap<object, Describer>();

/**
 * The same schema, with a description of what it reads and what comes of it. It needs one of its own: zod's sees only
 * that a function makes something of something.
 */
export function described<Schema extends z.ZodType>(schema: Schema, describe: Describer): Schema {
  describers.set(schema, describe);
  return schema;
}

/** A value that is always there when it is answered; asked with, it may be absent or `null`. */
export function withDefault<Schema extends z.ZodType>(schema: Schema, form: JSONSchema): Schema {
  return described(schema, (direction) => (direction === "asked" ? orNull(form) : form));
}

/** An object with known fields. */
export function objectForm(
  shape: Readonly<Record<string, z.ZodType>>,
  direction: Direction,
  inner: (schema: z.ZodType) => JSONSchema,
): JSONSchema {
  const fields = Object.entries(shape);
  const isRequired = (field: z.ZodType) => direction === "answered" || !field.safeParse(undefined).success;
  const required = fields.filter(([, field]) => isRequired(field)).map(([name]) => name);
  const properties = Object.fromEntries(fields.map(([name, field]) => [name, inner(field)]));
  return { type: "object", properties, ...(required.length > 0 && { required }) };
}

/** The same, or `null`. */
export function orNull(form: JSONSchema): JSONSchema {
  const { type } = form;
  if (typeof type === "string") return { ...form, type: [type, "null"] };
  const takesNull = (Array.isArray(type) && type.includes("null")) || Object.keys(form).length === 0;
  return takesNull ? form : { anyOf: [form, { type: "null" }] };
}

/** Writes schemas, and the named ones among them once for each direction, as components that the others refer to. */
export class SchemaWriter {
  readonly components: Record<string, JSONSchema> = {};
  readonly #names: ReadonlyMap<z.ZodType, string>;

  constructor(names: ReadonlyMap<z.ZodType, string>) {
    this.#names = names;
  }

  write(schema: z.ZodType, direction: Direction): JSONSchema {
    const plain = this.#names.get(schema);
    if (plain === undefined) return this.#form(schema, direction);
    const name = direction === "asked" ? `${plain}Input` : plain;
    if (this.components[name] === undefined) {
      // A schema may contain itself.
      this.components[name] = {};
      this.components[name] = this.#form(schema, direction);
    }
    return { $ref: `#/components/schemas/${name}` };
  }

  #form(schema: z.ZodType, direction: Direction): JSONSchema {
    const inner = (each: z.ZodType) => this.write(each, direction);
    const describe = describers.get(schema);
    if (describe !== undefined) return describe(direction, inner);
    if (schema instanceof z.ZodLazy) return this.#form(schema.unwrap() as z.ZodType, direction);
    return this.#plainForm(schema, direction);
  }

  /** Zod describes its own, and leaves to us what is ours in it. */
  #plainForm(schema: z.ZodType, direction: Direction): JSONSchema {
    const { $schema: _, ...form } = z.toJSONSchema(schema, {
      io: direction === "asked" ? "input" : "output",
      unrepresentable: "any",
      override: ({ zodSchema, jsonSchema }) => {
        // More fields than are known today are no fault.
        if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
        const each = zodSchema as object as z.ZodType;
        if (each === schema || !(describers.has(each) || this.#names.has(each))) return;
        for (const word of Object.keys(jsonSchema)) delete jsonSchema[word];
        Object.assign(jsonSchema, this.write(each, direction));
      },
    });
    return form;
  }
}
