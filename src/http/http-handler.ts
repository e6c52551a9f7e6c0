import { askingRoutes, localRoutes, Refusal, RpcError } from "../api/index.ts";
import { between, formatGoDuration } from "../base/index.ts";
import type { HttpHandler, HttpRequest, HttpResponse } from "../runtime/index.ts";
import { InvalidJSON } from "../wire/index.ts";
import { agentHandlers } from "./agent-handlers.ts";
import type { HttpAnswer } from "./answer.ts";
import { clientHandlers } from "./client-handlers.ts";
import { isChangeFromElsewhere } from "./cross-site.ts";
import { debugHandlers } from "./debug-handlers.ts";
import { documentHandlers } from "./document-handlers.ts";
import { HostCheck } from "./host-names.ts";
import type { Handler, HttpContext } from "./http-context.ts";
import { jobFileHandlers } from "./job-file-handlers.ts";
import { originHeaders } from "./node-requests.ts";
import { Router } from "./router.ts";
import { sendAnswer, takesGzip } from "./send-answer.ts";
import { askingHandler } from "./serve-route.ts";
import { snapshotHandlers } from "./snapshot-handlers.ts";
import { located, readTarget, type Target } from "./target.ts";
import { WrittenLists } from "./written-lists.ts";

/** Of a longer target the log shows the beginning. */
const longestInLog = 500;

/** Who is turned away for want of memory may come again after so many seconds. */
const retryAfter = "10";

/** Why nobody waits for an answer any more that was sent. One for all: to make an error for each request costs much. */
const requestOver = new Error("The request is over");

/** What stands below these paths and is not served is answered with a text of its own. */
const missing = new Map([
  ["/v1/client/fs/", "Invalid method"],
  ["/v1/client/allocation/", "allocation not found"],
]);

/**
 * Serves the HTTP API. Whatever goes wrong in a request becomes its answer and a line in the log; once an answer has
 * begun, only breaking the connection can say so.
 */
export function httpHandler(context: HttpContext): HttpHandler {
  const { clock, log, settings } = context;
  const parts: Parts = {
    context,
    router: new Router(allHandlers(context), missing),
    lists: new WrittenLists(clock),
    hosts: new HostCheck(settings.hosts),
  };
  return async (request, response, signal) => {
    const started = clock.now();
    const over = new AbortController();
    const leave = () => over.abort(signal.reason);
    if (signal.aborted) leave();
    signal.addEventListener("abort", leave);
    const shown = request.target.slice(0, longestInLog);
    try {
      await serve(parts, request, response, over.signal);
    } catch (error) {
      if (!signal.aborted) log.error(`Request ${shown}, error: ${oneLine(messageOf(error))}`);
      response.destroy();
    } finally {
      signal.removeEventListener("abort", leave);
      over.abort(requestOver);
      log.debug(`Request ${shown} (${formatGoDuration(between(started, clock.now()))})`);
    }
  };
}

function allHandlers(context: HttpContext) {
  const local = {
    ...agentHandlers(context),
    ...clientHandlers(context),
    ...debugHandlers(context),
    ...snapshotHandlers(context),
    ...jobFileHandlers(context),
    ...documentHandlers(),
  };
  return [
    ...Object.values(askingRoutes).map((route) => ({ ...route, handler: askingHandler(context, route) })),
    ...Object.entries(local).map(([name, handler]) => ({ ...localRoutes[name as keyof typeof local], handler })),
  ];
}

/** What all requests have in common. */
interface Parts {
  readonly context: HttpContext;
  readonly router: Router<Handler>;
  readonly lists: WrittenLists;
  readonly hosts: HostCheck;
}

async function serve(parts: Parts, request: HttpRequest, response: HttpResponse, signal: AbortSignal): Promise<void> {
  const { context, lists } = parts;
  const target = readTarget(request.target);
  const pretty = target.kind === "path" && target.query.has("pretty") && target.query.get("pretty") !== "0";
  const manner = {
    budget: context.answers,
    lists,
    headers: { ...context.settings.responseHeaders, ...originHeaders(context.agent, request) },
    pretty,
    gzip: takesGzip(request),
  };
  try {
    const isShed = context.settings.shedsLoad() && !makesRoom(request, target);
    await sendAnswer(response, isShed ? turnedAway : await answerTo(parts, request, target, signal), manner);
  } catch (error) {
    if (response.begun) throw error;
    const answer = refusalOf(error);
    if (!signal.aborted) logRefusal(context, request, error, answer);
    await sendAnswer(response, answer, manner);
  }
}

async function answerTo(
  { router, hosts }: Pick<Parts, "router" | "hosts">,
  request: HttpRequest,
  target: Target,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  if (target.kind === "unreadable") throw new Refusal(400, "Bad Request");
  if (target.kind === "moved") return movedTo(target.location);
  const foreign = hosts.foreignName(request);
  if (foreign !== undefined) throw new Refusal(403, foreignHost(foreign));
  if (isChangeFromElsewhere(request)) throw new Refusal(403, "Cross-site request refused");
  const { path, query } = target;
  const match = router.match(request.method, path);
  switch (match.kind) {
    case "found":
      return match.handler({ request, path: match.values, query, signal });
    case "wrong verb":
      throw new Refusal(405, "Invalid method");
    case "missing":
      throw new Refusal(404, match.text);
    case "moved":
      return movedTo(located(match.path, String(query)));
    case "unknown":
      return { kind: "text", status: 404, text: "404 page not found\n" };
  }
}

/** Not a `Refusal`: no line of the log tells of each. */
const turnedAway: HttpAnswer = {
  kind: "text",
  status: 503,
  text: "This agent has little memory left; ask again in a moment, or another one",
  headers: { "Retry-After": retryAfter },
};

/** What takes something away is served also where memory is scarce: how else should there be more. */
function makesRoom({ method }: HttpRequest, target: Target): boolean {
  return method === "DELETE" || (target.kind === "path" && target.path === "/v1/system/gc");
}

function foreignHost(name: string): string {
  const shown = JSON.stringify(name.slice(0, longestInLog));
  return `Cross-site request refused: this agent is not known as ${shown}; if that is a name of it, list it in http_hosts`;
}

function movedTo(location: string): HttpAnswer {
  return { kind: "text", status: 301, text: "Moved Permanently\n", headers: { Location: location } };
}

/** Errors that carry a status keep it; of bad JSON the asker is to blame, of all else we are. */
function refusalOf(error: unknown): HttpAnswer & { readonly kind: "text" } {
  return { kind: "text", status: statusOf(error), text: messageOf(error) };
}

function statusOf(error: unknown): number {
  if (error instanceof Refusal) return error.status;
  if (error instanceof InvalidJSON) return 400;
  if (!(error instanceof RpcError)) return 500;
  return error.code >= 400 && error.code < 600 ? error.code : 500;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What nobody foresaw is logged with its origin. */
function logRefusal(context: HttpContext, request: HttpRequest, error: unknown, { text }: { readonly text: string }) {
  const expected = error instanceof Refusal || error instanceof RpcError || error instanceof InvalidJSON;
  const stack = !expected && error instanceof Error ? error.stack : undefined;
  context.log.error(`Request ${request.target.slice(0, longestInLog)}, error: ${oneLine(text)}`, { stack });
}

/** One record of the log stays one line. */
function oneLine(text: string): string {
  return text.replaceAll("\n", "\\n");
}
