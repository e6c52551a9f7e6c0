import assert from "node:assert/strict";
import { test } from "node:test";
import { askingRoutes, type ClientEndpoints, filled, localRoutes, RpcError, type Verb } from "../api/index.ts";
import { httpWorld } from "./testing/http-world.ts";

const script = '<script>alert("x")</script>';

/** Every path once for each of its verbs. */
const requests = [...Object.values(askingRoutes), ...Object.values(localRoutes)].flatMap(({ verbs, path }) => {
  const named = filled(path, { JobID: script, NodeID: script, AllocID: script, EvalID: script });
  return (verbs === "any" ? (["GET"] as const) : (verbs as readonly Verb[])).map((method) => ({
    method,
    target: named,
  }));
});

const holding = (endpoints: Partial<ClientEndpoints>) => ({
  client: {
    nodeID: "own",
    endpoints: { holds: () => true, ...endpoints } as ClientEndpoints,
    servers: () => [],
    addServers: async () => {},
  },
});

test("T23: no answer of any route may be taken for a page, or be shown within one", async () => {
  const { ask } = await httpWorld();
  assert.ok(requests.length > 60, `${requests.length} requests`);
  for (const { method, target } of [...requests, { method: "GET", target: `/${encodeURIComponent(script)}` }]) {
    const { headers } = await ask(target, { method, headers: { accept: "text/html" } });
    assert.equal(headers["x-content-type-options"], "nosniff", target);
    assert.equal(headers["x-frame-options"], "DENY", target);
    assert.match(headers["content-type"] ?? "application/json", /^(application\/json|text\/plain)\b/, target);
  }
});

test("T23: a file of a task and its output are text, whatever they are called and begin with", async () => {
  const bytes = new TextEncoder().encode(`<!DOCTYPE html>${script}`);
  async function* readAt() {
    yield bytes;
  }
  async function* streamLogs() {
    yield { file: "alloc/logs/t.stdout.0", offset: bytes.length, data: bytes };
  }
  const { ask } = await httpWorld({ agent: holding({ readAt, streamLogs }) });
  for (const target of [
    "cat/a?path=page.html",
    "readat/a?path=page.svg&offset=0&limit=9",
    "logs/a?task=t&type=stdout&follow=false&plain=true",
  ]) {
    const { status, headers, text } = await ask(`/v1/client/fs/${target}`);
    assert.equal(status, 200);
    assert.equal(text, `<!DOCTYPE html>${script}`);
    assert.equal(headers["content-type"], "text/plain; charset=utf-8");
    assert.equal(headers["x-content-type-options"], "nosniff");
  }
});

test("T23: what could begin a tag is escaped in JSON, and an error that repeats it is text", async () => {
  const Jobs = [{ ID: script, Name: "a&b" }];
  const { ask } = await httpWorld({
    replies: { "Job.List": { Jobs }, "Node.List": () => Promise.reject(new RpcError(script)) },
  });
  assert.equal(
    (await ask("/v1/jobs")).text,
    '[{"ID":"\\u003cscript\\u003ealert(\\"x\\")\\u003c/script\\u003e","Name":"a\\u0026b"}]',
  );
  const { text, headers } = await ask("/v1/nodes");
  assert.equal(text, script);
  assert.equal(headers["content-type"], "text/plain; charset=utf-8");
});

test("what the operator says of frames holds, in any case; that answers are no pages does not depend on it", async () => {
  const responseHeaders = { "x-frame-options": "SAMEORIGIN", "X-Content-Type-Options": "sniff" };
  const { headers } = await (await httpWorld({ responseHeaders })).ask("/v1/jobs");
  assert.equal(headers["x-frame-options"], "SAMEORIGIN");
  assert.equal(headers["x-content-type-options"], "nosniff");
});

test("headers that the operator has changed are those of the next answer, one that is none changes nothing", async () => {
  const { ask, server } = await httpWorld({ responseHeaders: { "X-Site": "a", "X-Frame-Options": "SAMEORIGIN" } });
  assert.equal((await ask("/v1/jobs")).headers["x-site"], "a");
  server.setResponseHeaders({ "X-Site": "b" });
  assert.throws(() => server.setResponseHeaders({ "X-Site": "c\nd" }), /not allowed in HTTP/);
  const { headers } = await ask("/v1/jobs");
  assert.equal(headers["x-site"], "b");
  assert.equal(headers["x-frame-options"], "DENY");
  assert.equal(headers["x-content-type-options"], "nosniff");
});
