import type * as z from "zod";
import type { JSONSchema } from "../../wire/index.ts";
import type { AskingRoute, LocalRoute } from "../http/route.ts";
import type { askingRoutes, localRoutes } from "../http/routes.ts";

/** Something that may be said behind the question mark of a path. */
export interface QueryParameter {
  readonly says: string;
  readonly form: JSONSchema;
  readonly isRequired?: true;
}

/** Bytes that are no JSON. */
export interface Bytes {
  readonly type: string;
  readonly says: string;
}

/**
 * What people and programs must know of a route besides what serving it takes. It stands apart from the route because
 * programs that only ask load routes, and no schemas. What follows from the route itself is not said again.
 */
export interface RouteDescription<Shown = unknown> {
  /** What it does, in a few words. */
  readonly summary: string;
  readonly details?: string;
  /** It lists things whose IDs may be asked for by their beginning. */
  readonly takesPrefix?: true;
  readonly query?: Readonly<Record<string, QueryParameter>>;
  /** The body of a path that the agent answers itself; that of others is their method's request. */
  readonly body?: z.ZodType | Bytes;
  readonly answers: z.ZodType<Shown> | Bytes | "nothing";
}

/** Descriptions of routes, by the names of the routes. */
export type Descriptions<Routes> = {
  readonly [Name in keyof Routes]: RouteDescription<ShownBy<Routes[Name]>>;
};

type ShownBy<Route> =
  Route extends AskingRoute<infer _Name, infer Shown> ? Shown : Route extends LocalRoute<infer Shown> ? Shown : never;

export type RouteName = keyof typeof askingRoutes | keyof typeof localRoutes;

export function isBytes(described: z.ZodType | Bytes): described is Bytes {
  return "says" in described;
}

export const text: JSONSchema = { type: "string" };
export const whole: JSONSchema = { type: "integer", format: "int64" };
export const boolean: JSONSchema = { type: "boolean" };
