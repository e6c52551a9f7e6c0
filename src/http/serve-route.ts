import { type Answer, type AskingRoute, Refusal, RpcError, type RpcMethod, rpcMethods } from "../api/index.ts";
import { InvalidJSON } from "../wire/index.ts";
import type { HttpAnswer } from "./answer.ts";
import { readBodyAs, readJSONBody } from "./body.ts";
import type { Asked, Handler, HttpContext } from "./http-context.ts";
import { readOptions, writeOptions } from "./query-options.ts";

/** Serves a route by asking the RPC method that stands behind it. */
export function askingHandler(context: HttpContext, route: AskingRoute): Handler {
  const method: RpcMethod = rpcMethods[route.asks];
  return async (asked) => {
    const { path, query, signal } = asked;
    const options = route.tells === "freshness" ? readOptions(query) : writeOptions(query);
    const { body, region } = hasBody(route, query) ? await readRequest(context, { method, route }, asked) : noBody;
    if (region !== "") options.region ??= region;
    // The type of the body follows from the method that the route names: see `route`.
    const question = route.ask({ path, query, body: body as never });
    const answer = await context.rpc.call(method, question, { ...options, signal }).catch(refusedAs(route));
    return shown(route, answer as Answer<never>);
  };
}

/** Who asks for a change of what is not there is told so with 500: programs know 404 of reads only. */
function refusedAs(route: AskingRoute): (error: unknown) => never {
  return (error) => {
    if (route.tells === "index" && error instanceof RpcError && error.code === 404)
      throw new Refusal(500, error.message);
    throw error;
  };
}

function hasBody({ hasBody: has = false }: AskingRoute, query: Asked["query"]): boolean {
  return typeof has === "boolean" ? has : has(query);
}

const noBody = { body: undefined, region: "" };

/** The method's request out of the body, and the region that the body names. An empty region is none. */
async function readRequest(
  { clock, settings, bodies: budget }: HttpContext,
  { method, route }: { readonly method: RpcMethod; readonly route: AskingRoute },
  { request, signal }: Asked,
): Promise<{ readonly body: unknown; readonly region: string }> {
  const { bodyIs, missingBody } = route;
  const options = { clock, maxBytes: settings.maxBodyBytes, budget, signal };
  const { value, isLong } = await readJSONBody(request, options).catch(missingAs(missingBody));
  const json = value ?? {};
  const asked = { value: bodyIs === undefined ? json : { [bodyIs]: json }, isLong };
  const body = await readBodyAs(method.request, asked, clock);
  const region = (json as { readonly Region?: unknown }).Region;
  return { body, region: typeof region === "string" ? region : "" };
}

/** Where nothing was sent, the route may have words of its own. */
function missingAs(text: string | undefined): (error: unknown) => never {
  return (error) => {
    if (text !== undefined && error instanceof InvalidJSON && error.message === "EOF") throw new Refusal(400, text);
    throw error;
  };
}

function shown(route: AskingRoute, answer: Answer<never>): HttpAnswer {
  const value = route.show(answer);
  const headers = headersOf(route, answer);
  if (value !== undefined) return { kind: "json", value, headers };
  if (route.missing !== undefined) return { kind: "text", status: 404, text: route.missing, headers };
  return { kind: "nothing" };
}

function headersOf(route: AskingRoute, answer: Answer<never>): Readonly<Record<string, string>> {
  if (route.tells === "nothing") return {};
  const index = { "X-Nomad-Index": String(answer.index) };
  if (route.tells === "index") return index;
  return {
    ...index,
    "X-Nomad-Knownleader": String(answer.knownLeader),
    "X-Nomad-Lastcontact": String(Math.round(answer.lastContact / 1e6)),
  };
}
