/**
 * The shapes of the API as TypeScript, made of its OpenAPI document: `npm run shapes` writes them to src/api/shapes.ts, and
 * so do building and checking types, the only ones that read it. They say what the schemas say, without zod in them:
 * whoever uses the SDK need not have it.
 */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type OpenAPIDocument, openAPIDocument } from "../src/api/index.ts";
import type { WrittenSchema } from "../src/wire/index.ts";

const file = fileURLToPath(new URL("../src/api/shapes.ts", import.meta.url));

const anyValue = "/** Any value of JSON. */\nexport type AnyValue = NonNullable<unknown> | null;";

function textOf({ components }: OpenAPIDocument): string {
  const names = Object.keys(components.schemas).toSorted();
  const shapes = names.map((name) => `export interface ${name} ${typeOf(components.schemas[name] ?? {})}\n`);
  return `/** The shapes of what is asked and answered. Made by \`npm run shapes\` of the schemas. */\n\n${anyValue}\n\n${shapes.join("\n")}`;
}

function typeOf(schema: WrittenSchema): string {
  if (schema.$ref !== undefined) return schema.$ref.slice(schema.$ref.lastIndexOf("/") + 1);
  if (schema.anyOf !== undefined) return schema.anyOf.map(typeOf).join(" | ");
  if (schema.enum !== undefined) return schema.enum.map((each) => JSON.stringify(each)).join(" | ");
  if (schema.type === undefined) return "AnyValue";
  return [schema.type]
    .flat()
    .map((type) => plainType(type, schema))
    .join(" | ");
}

function plainType(type: string, schema: WrittenSchema): string {
  switch (type) {
    case "array":
      return `readonly ${inBrackets(typeOf(schema.items ?? {}))}[]`;
    case "object":
      return schema.properties === undefined ? mapType(schema) : objectType(schema);
    case "integer":
      return "number";
    default:
      return type;
  }
}

function mapType({ additionalProperties = {} }: WrittenSchema): string {
  return `Readonly<Record<string, ${typeOf(additionalProperties)}>>`;
}

function objectType({ properties = {}, required = [] }: WrittenSchema): string {
  const fields = Object.entries(properties).map(([name, field]) => {
    return `readonly ${name}${required.includes(name) ? "" : "?"}: ${typeOf(field)};`;
  });
  return `{ ${fields.join(" ")} }`;
}

function inBrackets(type: string): string {
  return /[ |]/.test(type) && !type.startsWith("{") ? `(${type})` : type;
}

writeFileSync(file, textOf(openAPIDocument()));
