import { request as requestOf } from "node:http";
import type { OpenAPIDocument } from "../../src/api/index.ts";
import { SeededRandom } from "../../src/base/index.ts";
import { fits, operationsOf } from "../system/support/described.ts";
import { type Known, type OddRequest, OddRequests } from "./api-requests.ts";

/** What an agent made of many requests. */
export interface FuzzedAPI {
  /** How many answers there were of each status. */
  readonly statuses: ReadonlyMap<number, number>;
  /** Operations that were answered with 200: what was asked was not all noise. */
  readonly understood: ReadonlySet<string>;
  /** Texts of refusals with 500, without what differs from request to request, with one request each. */
  readonly failures: ReadonlyMap<string, string>;
  /** Answers that are none, or not what the document says. */
  readonly faults: readonly string[];
}

/** An answer must begin within so many milliseconds. */
const patience = 20_000;
/** A stream is left after so many. */
const streamTime = 30;
const atOnce = 4;
/** Requests after which is asked anew what there is. */
const learning = 100;

/** Asks an agent `count` odd things, a few at a time, always the same for one seed. */
export async function fuzzAPI(
  address: string,
  document: OpenAPIDocument,
  job: Known["job"],
  { count, seed }: { readonly count: number; readonly seed: string },
): Promise<FuzzedAPI> {
  const known: Known = { ids: await idsOf(address), job };
  const requests = new OddRequests(document, operationsOf(document), known, new SeededRandom(seed));
  const fit = fits(document);
  const [statuses, understood] = [new Map<number, number>(), new Set<string>()];
  const [failures, faults] = [new Map<string, string>(), [] as string[]];
  let left = count;
  const ask = async () => {
    for (; left > 0 && faults.length < 20; ) {
      left -= 1;
      if (left % learning === 0) known.ids = await idsOf(address);
      const request = requests.next();
      const shown = `${request.method} ${request.target.slice(0, 300)} ${request.body?.slice(0, 2_000) ?? ""}`;
      try {
        const { status, text, type } = await answerTo(address, request);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        if (status === 500) failures.set(withoutParticulars(text), shown);
        if (status !== 200 || request.method !== request.of.verb) continue;
        understood.add(request.of.operation.operationId);
        if (type !== "application/json" || !request.of.hasJSON) continue;
        const validate = fit(request.of.path, request.of.verb);
        if (!validate(JSON.parse(text))) faults.push(`${shown}: ${JSON.stringify(validate.errors?.slice(0, 3))}`);
      } catch (error) {
        faults.push(`${shown}: ${error instanceof Error ? error.message : error}`);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, ask));
  return { statuses, understood, failures, faults };
}

/** IDs of a node, and of a job, an allocation and an evaluation if there are any. */
async function idsOf(address: string): Promise<readonly string[]> {
  const paths = ["/v1/nodes", "/v1/jobs", "/v1/allocations", "/v1/evaluations"];
  const lists = await Promise.all(paths.map(async (path) => (await fetch(`${address}${path}`)).json()));
  return (lists as { ID: string }[][]).flatMap((list) => list.slice(-2).map(({ ID }) => ID));
}

/** Numbers, IDs and quoted words are all one. */
function withoutParticulars(text: string): string {
  return text
    .replaceAll(/"(?:[^"\\]|\\.)*"|'[^'\n]*'/g, '"…"')
    .replaceAll(/^(stat|open|read|lstat) \/[\s\S]*: /g, "$1 <path>: ")
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "<id>")
    .replaceAll(/-?\d+(\.\d+)?(e[+-]?\d+)?/g, "<n>")
    .slice(0, 600);
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly type: string | undefined;
}

function answerTo(address: string, { method, target, body, of }: OddRequest): Promise<Answer> {
  const isStream = !of.hasJSON && of.operation.responses["200"] !== undefined;
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(address);
    const headers = body === undefined ? {} : { "Content-Length": Buffer.byteLength(body) };
    const request = requestOf({ hostname, port, method, path: target, headers }, (answer) => {
      const parts: Buffer[] = [];
      const done = () => {
        clearTimeout(late);
        const text = Buffer.concat(parts).toString();
        resolve({ status: answer.statusCode ?? 0, text, type: answer.headers["content-type"] });
        if (isStream) request.destroy();
      };
      answer
        .on("data", (part: Buffer) => parts.push(part))
        .on("end", done)
        .on("error", reject);
      if (isStream) setTimeout(done, streamTime);
    });
    const late = setTimeout(() => request.destroy(new Error(`no answer within ${patience} ms`)), patience);
    request.on("error", reject);
    request.end(body);
  });
}
