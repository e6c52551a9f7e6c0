import type * as z from "zod";
import { compatibleVersion } from "../../model/index.ts";
import { type JSONSchema, SchemaWriter } from "../../wire/index.ts";
import type { AskingRoute, LocalRoute, Verb } from "../http/route.ts";
import { askingRoutes, localRoutes } from "../http/routes.ts";
import type { RpcMethod } from "../rpc/method.ts";
import { rpcMethods } from "../rpc/methods.ts";
import { componentNames } from "./components.ts";
import { type Bytes, isBytes, type RouteDescription, type RouteName } from "./description.ts";
import { descriptions, type Section, sections } from "./descriptions.ts";
import { answerHeaders, headersOf } from "./headers.ts";
import { type Parameter, parametersOf } from "./parameters.ts";
import { refusalsOf, refusedAnswers } from "./refusals.ts";

/** What stands behind one path and verb. */
export interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly required: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, unknown>>;
  /** The path does not look at the verb: any other does the same. */
  readonly "x-any-verb"?: true;
}

type Content = Readonly<Record<string, { readonly schema: JSONSchema }>>;

export interface OpenAPIDocument {
  readonly openapi: "3.1.0";
  readonly info: Readonly<Record<string, unknown>>;
  readonly servers: readonly { readonly url: string }[];
  readonly security: readonly never[];
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, JSONSchema>>;
    readonly responses: Readonly<Record<string, unknown>>;
    readonly headers: Readonly<Record<string, unknown>>;
  };
}

/** Everything that HTTP may be asked, derived from the routes and the schemas of what they carry. */
export function openAPIDocument(): OpenAPIDocument {
  const writer = new SchemaWriter(componentNames);
  const paths: Record<string, Record<string, Operation>> = {};
  for (const section of sections) {
    for (const name of section.routes) {
      const route: AnyRoute = routes[name];
      const verbs = verbsOf(route).map((verb) => [
        verb.toLowerCase(),
        operation({ name, route, verb, section }, writer),
      ]);
      paths[route.path] = { ...paths[route.path], ...Object.fromEntries(verbs) };
    }
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "nomad-ts",
      version: compatibleVersion,
      description: about,
      license: { name: "MPL-2.0", identifier: "MPL-2.0" },
    },
    servers: [{ url: "http://127.0.0.1:4646" }],
    security: [],
    tags: sections.map(({ name, says }) => ({ name, description: says })),
    paths,
    components: { schemas: writer.components, responses: refusedAnswers, headers: answerHeaders },
  };
}

const about =
  "The API of an agent. Bodies are JSON; a request may leave out or say `null` for all that is not required, and its keys match in any case. Times are whole " +
  "nanoseconds unless a field is a text in RFC 3339. Refusals are a plain text and a status: 405 of a path that does not know the verb, 404 of a path that there is " +
  "not.";

type AnyRoute = (AskingRoute | LocalRoute) & Partial<Pick<AskingRoute, "asks" | "hasBody" | "bodyIs">>;

const routes: Readonly<Record<RouteName, unknown>> & Readonly<Record<RouteName, AnyRoute>> = {
  ...askingRoutes,
  ...localRoutes,
} as never;

/** A path that takes any verb is asked by GET. */
function verbsOf({ verbs }: AnyRoute): readonly Verb[] {
  return verbs === "any" ? ["GET"] : verbs;
}

interface Place {
  readonly name: RouteName;
  readonly route: AnyRoute;
  readonly verb: Verb;
  readonly section: Section;
}

function operation({ name, route, verb, section }: Place, writer: SchemaWriter): Operation {
  const description: RouteDescription = descriptions[name];
  const isFirst = verb === verbsOf(route)[0];
  const body = bodyOf(route, description, writer);
  return {
    operationId: isFirst ? name : `${name}By${verb[0]}${verb.slice(1).toLowerCase()}`,
    summary: description.summary,
    ...(description.details !== undefined && { description: description.details }),
    tags: [section.name],
    parameters: parametersOf(route, description),
    ...(body !== undefined && { requestBody: { required: typeof route.hasBody !== "function", content: body } }),
    responses: {
      "200": answerOf(route, description, writer),
      ...refusalsOf(route, { hasBody: body !== undefined }),
    },
    ...(route.verbs === "any" && { "x-any-verb": true }),
  };
}

/** A body is the request of the method that is asked, and may say the region; or it is a field of the request. */
function bodyOf(route: AnyRoute, { body }: RouteDescription, writer: SchemaWriter): Content | undefined {
  if (body !== undefined) return contentOf(body, (schema) => writer.write(schema, "asked"));
  if (route.asks === undefined || route.hasBody === undefined) return undefined;
  const { request }: RpcMethod = rpcMethods[route.asks];
  const form = writer.write(request, "asked");
  const properties = form.properties as Record<string, JSONSchema>;
  const { bodyIs } = route;
  if (bodyIs !== undefined) return { "application/json": { schema: properties[bodyIs] as JSONSchema } };
  const Region = { type: ["string", "null"], description: "the region to ask, where the query names none" };
  return { "application/json": { schema: { ...form, properties: { ...properties, Region } } } };
}

function answerOf(route: AnyRoute, { answers }: RouteDescription, writer: SchemaWriter) {
  if (answers === "nothing") return { description: "It is done; the answer is empty." };
  const content = contentOf(answers, (schema) => writer.write(schema, "answered"));
  const description = isBytes(answers)
    ? `${answers.says[0]?.toUpperCase()}${answers.says.slice(1)}.`
    : "What was asked for.";
  return { description, headers: headersOf(route), content };
}

function contentOf(described: z.ZodType | Bytes, write: (schema: z.ZodType) => JSONSchema): Content {
  // Of bytes without a form OpenAPI says nothing but their type.
  return isBytes(described)
    ? { [described.type]: { schema: {} } }
    : { "application/json": { schema: write(described) } };
}
