import { seconds } from "../../base/index.ts";
import { type HttpHandler, InProcessHttp } from "../../runtime/index.ts";

const limits = {
  headBytes: 1,
  headers: 1,
  headTime: seconds(1),
  idleTime: seconds(1),
  stallTime: seconds(1),
  connectionsPerAddress: 1,
};

/** What an engine says to a question. */
export interface Said {
  readonly status?: number;
  readonly body?: unknown;
  /** Text, piece by piece; the answer does not end if the last is `undefined`. */
  readonly pieces?: readonly (string | undefined)[];
}

/** By method and path without the query. One that throws breaks the connection. */
export type Answers = Readonly<Record<string, Said | (() => Said | Promise<Said>)>>;

export interface ApiVersions {
  readonly ApiVersion: string;
  readonly MinAPIVersion: string;
}

/** Docker's engine as a list of answers. It keeps what it was asked, knows its version, and misses all else. */
export async function fakeEngine(answers: Answers, api: ApiVersions = { ApiVersion: "1.41", MinAPIVersion: "1.12" }) {
  const http = new InProcessHttp();
  const address = "engine:1";
  const all: Answers = { "GET /version": { body: { Version: "20.10", ...api } }, ...answers };
  const asked: { readonly what: string; readonly target: string; readonly body: string; readonly login?: string }[] =
    [];
  const handle: HttpHandler = async (request, response, signal) => {
    const parts: Uint8Array[] = [];
    for await (const part of request.body) parts.push(part);
    const what = `${request.method} ${request.target.split("?")[0]}`;
    const body = Buffer.concat(parts).toString();
    asked.push({ what, target: request.target, body, login: request.headers["x-registry-auth"] });
    const listed = all[what];
    const { status, body: said, pieces }: Said = (typeof listed === "function" ? await listed() : listed) ?? {};
    response.begin(status ?? (listed === undefined ? 404 : 200), {});
    for (const piece of pieces ?? [JSON.stringify(said ?? { message: "no such thing" })]) {
      if (piece === undefined) await new Promise((resolve) => signal.addEventListener("abort", resolve));
      else await response.write(piece);
    }
    await response.end();
  };
  const listener = await http.listen(address, limits, handle);
  return { http, address, asked, close: () => listener.close(), what: () => asked.map((each) => each.what) };
}
