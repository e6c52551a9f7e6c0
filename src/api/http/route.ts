import type * as z from "zod";
import type { Answer } from "../rpc/method.ts";
import type { rpcMethods } from "../rpc/methods.ts";
import type { Query } from "./query.ts";

/**
 * What HTTP may be asked, said once: who serves reads it, and the client in `sdk.ts` is made from it. Programs that
 * only ask (the command line, a web page) load these files, so nothing here needs a schema while it runs: methods are
 * named, and their schemas are known as types only.
 */
export type MethodName = keyof typeof rpcMethods;
export type RequestOf<Name extends MethodName> = z.output<(typeof rpcMethods)[Name]["request"]>;
export type ReplyOf<Name extends MethodName> = z.output<(typeof rpcMethods)[Name]["reply"]>;

export type Verb = "GET" | "PUT" | "POST" | "DELETE";

/** The names in braces of a path such as `/v1/job/{JobID}/plan`. */
export type NamesIn<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | NamesIn<Rest>
  : never;

/** What a request says. `body` is what the RPC method takes, read from the request's body if the route has one. */
export interface Given<Body, Path extends string = string> {
  readonly path: Readonly<Record<NamesIn<Path>, string>>;
  readonly query: Query;
  readonly body: Body;
}

interface Address<Path extends string> {
  /** The first is the one our own client uses; `any` means that none is refused. */
  readonly verbs: readonly Verb[] | "any";
  /** At most one name in braces. It may stand for several parts of a path: ids of jobs contain slashes. */
  readonly path: Path;
}

/** A path behind which stands an RPC method. */
export interface AskingRoute<Name extends MethodName = MethodName, Shown = unknown, Path extends string = string>
  extends Address<Path> {
  readonly asks: Name;
  /** The body is JSON and becomes the method's request; or the query tells whether there is one. */
  readonly hasBody?: boolean | ((query: Query) => boolean);
  /** What one is told who sends no body, in place of what a JSON reader says. */
  readonly missingBody?: string;
  /** The field of the request that the body is, where it is not the whole request. */
  readonly bodyIs?: string;
  /** Which headers tell of the answer: those of a read, the index of a write, or none. */
  readonly tells: "freshness" | "index" | "nothing";
  /** The answer to what was asked for but is not there; status 404. */
  readonly missing?: string;
  /** Throws `Refusal`. */
  ask(given: Given<RequestOf<Name>, Path>): RequestOf<Name>;
  /** What is shown of the answer; undefined if there is nothing, and an empty body if that is nothing to wonder at. */
  show(answer: Answer<ReplyOf<Name>>): Shown | undefined;
}

/** Ties the types of a route together. */
export function route<Name extends MethodName, Shown, Path extends string>(
  description: AskingRoute<Name, Shown, Path>,
): AskingRoute<Name, Shown, Path> {
  return description;
}

/** A path that the agent answers itself. `shows` is there for its type alone. */
export interface LocalRoute<Shown = unknown, Path extends string = string> extends Address<Path> {
  readonly shows?: (shown: Shown) => void;
}

/** `localRoute<AgentSelf>()({ verbs: ["GET"], path: "/v1/agent/self" })` */
export function localRoute<Shown>() {
  return <Path extends string>(description: LocalRoute<Shown, Path>): LocalRoute<Shown, Path> => description;
}

/** A path with a value in the place of its name in braces, escaped. */
export function filled(path: string, values: Readonly<Record<string, string>>): string {
  return path.replace(/\{([^}]*)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? ""));
}
