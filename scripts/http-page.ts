/**
 * The reference of the HTTP API for people, made of its OpenAPI document: `npm run docs:http` writes it into its place in
 * docs/http-api.md. What stands on the page before and after that place is written by hand.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type OpenAPIDocument, type Operation, openAPIDocument } from "../src/api/index.ts";
import { fieldsOf, shapeName, typeOf } from "./http-shapes.ts";

const page = fileURLToPath(new URL("../docs/http-api.md", import.meta.url));
const [begin, end] = ["<!-- Made by npm run docs:http, from here … -->", "<!-- … to here. -->"];

/** The page with its reference made anew. */
export function withReference(text: string, document: OpenAPIDocument): string {
  const [start, stop] = [text.indexOf(begin), text.indexOf(end)];
  if (start < 0 || stop < start) throw new Error(`The page does not have "${begin}" and "${end}"`);
  return `${text.slice(0, start)}${begin}\n\n${reference(document)}\n${text.slice(stop)}`;
}

function reference(document: OpenAPIDocument): string {
  return `## Endpoints\n\n\`B\` marks reads that take \`index\` and \`wait\`.\n\n${sections(document)}\n${shapes(document)}`;
}

/** One path with the verbs that do the same. */
interface Endpoint {
  readonly path: string;
  readonly verbs: string;
  readonly operation: Operation;
}

function sections(document: OpenAPIDocument): string {
  const endpoints = endpointsOf(document);
  return document.tags
    .map(({ name, description }) => {
      const own = endpoints.filter(({ operation }) => operation.tags.includes(name));
      const rows = own.map(({ path, verbs, operation }) => {
        return `| ${verbs} | [\`${path}\`](#${anchor(`${verbs} ${path}`)}) | ${isBlocking(operation) ? "B" : ""} | ${operation.summary} |`;
      });
      const table = ["| | path | | |", "| --- | --- | --- | --- |", ...rows].join("\n");
      return `### ${name}\n\n${description}\n\n${table}\n\n${own.map(described).join("\n")}`;
    })
    .join("\n");
}

function endpointsOf(document: OpenAPIDocument): readonly Endpoint[] {
  const endpoints = new Map<string, Endpoint>();
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const [verb, operation] of Object.entries(operations)) {
      const name = operation.operationId.replace(/By(Post|Put)$/, "");
      const verbs = [endpoints.get(name)?.verbs ?? [], verb.toUpperCase()].flat().join(", ");
      endpoints.set(name, { path, verbs, operation });
    }
  }
  return [...endpoints.values()];
}

const isBlocking = ({ parameters }: Operation) => parameters.some(({ name }) => name === "index");

/** What stands among the conventions is not said again. */
const conventional = new Set(["region", "namespace", "index", "wait", "stale", "consistent", "pretty", "prefix"]);

function described({ path, verbs, operation }: Endpoint): string {
  const { summary, description, parameters, requestBody, responses } = operation;
  const lines = [`#### ${verbs} ${path}`, "", `${summary}.${description === undefined ? "" : ` ${description}`}`, ""];
  const own = parameters.filter((each) => each.in === "query" && !conventional.has(each.name));
  if (own.length > 0) {
    const rows = own.map(({ name, schema, required, description: says }) => {
      return `| \`${name}\` | ${typeOf(schema)}${required ? ", required" : ""} | ${says} |`;
    });
    lines.push("| parameter | type | |", "| --- | --- | --- |", ...rows, "");
  }
  if (requestBody !== undefined) lines.push(...carried("Body", requestBody.content));
  const { content = {} } = responses["200"] as { readonly content?: Content };
  lines.push(...(Object.keys(content).length === 0 ? ["Answer: empty.", ""] : carried("Answer", content)));
  return lines.join("\n");
}

type Content = Readonly<Record<string, { readonly schema: Readonly<Record<string, unknown>> }>>;

function carried(what: string, content: Content): readonly string[] {
  const [[type, { schema }] = ["", { schema: {} }]] = Object.entries(content);
  if (type !== "application/json") return [`${what}: bytes, \`${type}\`.`, ""];
  const fields = fieldsOf(schema);
  return fields.length === 0 ? [`${what}: ${typeOf(schema)}.`, ""] : [`${what}:`, "", ...fieldTable(fields), ""];
}

function fieldTable(fields: ReturnType<typeof fieldsOf>): readonly string[] {
  return ["| field | type |", "| --- | --- |", ...fields.map(({ name, type }) => `| \`${name}\` | ${type} |`)];
}

/** Shapes that have a name. Those of requests have the same fields, and demand none of them. */
function shapes({ components }: OpenAPIDocument): string {
  const names = Object.keys(components.schemas).filter((name) => shapeName(name) === name);
  const sorted = names.toSorted();
  const parts = sorted.map((name) => {
    const schema = components.schemas[name] ?? {};
    return `### ${name}\n\n${fieldTable(fieldsOf(schema)).join("\n")}\n`;
  });
  return `## Shapes\n\n${parts.join("\n")}`;
}

/** The name under which GitHub lets a heading be linked to. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(" ", "-");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(page, withReference(readFileSync(page, "utf8"), openAPIDocument()));
}
