import assert from "node:assert/strict";
import { test } from "node:test";
import { seconds } from "../base/index.ts";
import type { HttpHandler, HttpLimits } from "./http-listener.ts";
import { InProcessHttp } from "./in-process-http.ts";
import { settled } from "./manual-clock.ts";

const limits: HttpLimits = {
  headBytes: 1000,
  headers: 10,
  headTime: seconds(1),
  idleTime: seconds(1),
  stallTime: seconds(60),
  connectionsPerAddress: Number.POSITIVE_INFINITY,
};
const address = "10.0.0.1:4646";

async function serving(handle: HttpHandler) {
  const http = new InProcessHttp();
  const listener = await http.listen(address, limits, handle);
  return { http, listener, client: http.client(address) };
}

test("a request reaches whoever listens at its address, and nobody once that is closed", async () => {
  const { http, listener, client } = await serving(async (request, response) => {
    const parts: Uint8Array[] = [];
    for await (const part of request.body) parts.push(part);
    response.begin(201, { "X-Y": request.headers["a-b"] ?? "" });
    await response.end(`${request.method} ${request.target} ${Buffer.concat(parts)}`);
  });
  const answer = await client.send({ method: "PUT", target: "/x?y", headers: { "A-B": "c" }, body: "hi" });
  const pieces: string[] = [];
  for await (const piece of answer.body) pieces.push(String(piece));
  assert.deepEqual([answer.status, answer.headers["x-y"], pieces], [201, "c", ["PUT /x?y hi"]]);
  await assert.rejects(
    http.listen(address, limits, async () => {}),
    { code: "EADDRINUSE" },
  );
  await listener.close();
  await assert.rejects(client.send({ method: "GET", target: "/" }), { code: "ECONNREFUSED" });
});

test("a piece is written when the one before has been read", async () => {
  let written = 0;
  const { client } = await serving(async (_request, response, signal) => {
    response.begin(200, {});
    while (!signal.aborted) {
      await response.write("x");
      written++;
    }
  });
  const { body } = await client.send({ method: "GET", target: "/" });
  const pieces = body[Symbol.asyncIterator]();
  await pieces.next();
  assert.equal(written, 0);
  await pieces.next();
  assert.equal(written, 1);
  await pieces.return?.();
});

test("an answer that is broken off, or never given, is a broken connection", async () => {
  const half = await serving(async (_request, response) => {
    response.begin(200, {});
    response.destroy();
  });
  const { body } = await half.client.send({ method: "GET", target: "/" });
  await assert.rejects(body[Symbol.asyncIterator]().next(), { code: "ECONNRESET" });
  const none = await serving(async () => {});
  await assert.rejects(none.client.send({ method: "GET", target: "/" }), { code: "ECONNRESET" });
});

test("who gives up is told why, and so is the handler", async () => {
  const { promise: told, resolve } = Promise.withResolvers<unknown>();
  const { client } = await serving(async (_request, _response, signal) => {
    await new Promise<void>((aborted) => signal.addEventListener("abort", () => aborted()));
    resolve(signal.reason);
  });
  const leaving = new AbortController();
  const asked = client.send({ method: "GET", target: "/", signal: leaving.signal });
  const why = new Error("enough");
  leaving.abort(why);
  await assert.rejects(asked, why);
  assert.equal(await told, why);
});

test("a break between two pieces is told to whoever reads on", async () => {
  const { client } = await serving(async (_request, response) => {
    response.begin(200, {});
    await response.write("x");
  });
  const leaving = new AbortController();
  const { body } = await client.send({ method: "GET", target: "/", signal: leaving.signal });
  const pieces = body[Symbol.asyncIterator]();
  await pieces.next();
  leaving.abort(new Error("enough"));
  await assert.rejects(Promise.race([pieces.next(), settled().then(() => "waits for ever")]), /enough/);
});

test("closing ends the requests under way by their signal, and is done when they are", async () => {
  const done: string[] = [];
  const { client, listener } = await serving(async (_request, response, signal) => {
    await new Promise<void>((aborted) => signal.addEventListener("abort", () => aborted()));
    await settled();
    done.push("request");
    response.begin(200, {});
    await response.end();
  });
  const asked = client.send({ method: "GET", target: "/" });
  await listener.close();
  done.push("closed");
  await assert.rejects(asked, /shutting down/);
  assert.deepEqual(done, ["request", "closed"]);
});
