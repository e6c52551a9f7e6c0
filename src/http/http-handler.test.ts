import assert from "node:assert";
import { test } from "node:test";
import { RpcError } from "../api/index.ts";
import { settled } from "../runtime/index.ts";
import { httpWorld } from "./testing/http-world.ts";

test("a list is answered with its freshness", async () => {
  const { ask, log } = await httpWorld({ replies: { "Job.List": { Jobs: [{ Name: "web", ID: "web" }] } } });
  const answer = await ask("/v1/jobs");
  assert.deepEqual(
    { ...answer, headers: { ...answer.headers } },
    {
      status: 200,
      headers: {
        vary: "Accept-Encoding",
        "x-frame-options": "DENY",
        "x-content-type-options": "nosniff",
        "x-nomad-index": "42",
        "x-nomad-knownleader": "true",
        "x-nomad-lastcontact": "0",
        "content-type": "application/json",
      },
      text: '[{"ID":"web","Name":"web"}]',
    },
  );
  await settled();
  assert.deepEqual(log.lines, ["DEBUG Request /v1/jobs (0s)"]);
});

test("`pretty` indents, unless it is 0", async () => {
  const { ask } = await httpWorld({ replies: { "Region.List": ["global"] } });
  assert.equal((await ask("/v1/regions?pretty")).text, '[\n    "global"\n]\n');
  assert.equal((await ask("/v1/regions?pretty=0")).text, '["global"]');
});

test("what is not there is 404 with the freshness of that knowledge", async () => {
  const { ask } = await httpWorld({ replies: { "Job.GetJob": { Job: null }, "Alloc.GetAlloc": { Alloc: null } } });
  const answer = await ask("/v1/job/web");
  assert.equal(answer.status, 404);
  assert.equal(answer.text, "job not found");
  assert.equal(answer.headers["content-type"], "text/plain; charset=utf-8");
  assert.equal(answer.headers["x-nomad-index"], "42");
  assert.equal(answer.headers["x-nomad-knownleader"], "true");
  assert.equal((await ask("/v1/allocation/x")).text, "alloc not found");
});

test("a write tells only its index, and one without an answer nothing at all", async () => {
  const changed = { EvalID: "e", EvalCreateIndex: 7, JobModifyIndex: 6, Warnings: "" };
  const { ask } = await httpWorld({ replies: { "Job.Evaluate": changed, "System.GarbageCollect": {} } });
  const written = await ask("/v1/job/web/evaluate", { method: "PUT" });
  assert.equal(
    written.text,
    '{"EvalCreateIndex":7,"EvalID":"e","Index":42,"JobModifyIndex":6,"KnownLeader":false,"LastContact":0,"Warnings":""}',
  );
  assert.equal(written.headers["x-nomad-index"], "42");
  assert.equal(written.headers["x-nomad-knownleader"], undefined);
  const collected = await ask("/v1/system/gc", { method: "PUT" });
  assert.deepEqual(
    { ...collected, headers: { ...collected.headers } },
    {
      status: 200,
      headers: { vary: "Accept-Encoding", "x-frame-options": "DENY", "x-content-type-options": "nosniff" },
      text: "",
    },
  );
});

test("ids of jobs may contain slashes, escaped or not, and what stands behind them is known by its end", async () => {
  const { ask, servers } = await httpWorld({
    replies: { "Job.GetJob": { Job: null }, "Job.Summary": { JobSummary: null }, "Periodic.Force": {} },
  });
  await ask("/v1/job/cron%2Fperiodic-1");
  await ask("/v1/job/cron/periodic-1/summary");
  await ask("/v1/job/a/b/periodic/force", { method: "PUT" });
  await ask("/v1/job/plan");
  assert.deepEqual(
    servers.questions.map(({ name, request }) => [name, request]),
    [
      ["Job.GetJob", { JobID: "cron/periodic-1" }],
      ["Job.Summary", { JobID: "cron/periodic-1" }],
      ["Periodic.Force", { JobID: "a/b" }],
      ["Job.GetJob", { JobID: "plan" }],
    ],
  );
});

test("a job that is stopped without a word about `purge` is gone at once", async () => {
  const { ask, servers } = await httpWorld({ replies: { "Job.Deregister": {} } });
  const stop = (query: string) => ask(`/v1/job/web${query}`, { method: "DELETE" });
  for (const query of ["", "?purge=true", "?purge=1", "?purge=false", "?purge="]) await stop(query);
  assert.deepEqual(
    servers.questions.map(({ request }) => (request as { readonly Purge: boolean }).Purge),
    [true, true, true, false, false],
  );
  assert.equal((await stop("?purge=maybe")).status, 400);
});

test("a node is drained as the query says", async () => {
  const { ask, servers } = await httpWorld({ replies: { "Node.UpdateDrain": { EvalIDs: [] } } });
  const drain = (query: string) => ask(`/v1/node/n1/drain${query}`, { method: "PUT" });
  assert.deepEqual([(await drain("")).status, (await drain("")).text], [400, "missing enable value"]);
  assert.deepEqual([(await drain("?enable=x")).status, (await drain("?enable=x")).text], [400, "invalid enable value"]);
  await drain("?enable=true");
  await drain("?enable=0");
  assert.deepEqual(
    servers.questions.map(({ request }) => request),
    [
      { NodeID: "n1", Drain: true, Update: null },
      { NodeID: "n1", Drain: false, Update: null },
    ],
  );
  assert.equal((await ask("/v1/node/")).text, "missing node ID");
});

test("a node is drained as the body says, where the query says nothing", async () => {
  const replies = { "Node.UpdateDrain": { EvalIDs: ["e"], EvalCreateIndex: 42, NodeModifyIndex: 42 } };
  const { ask, servers } = await httpWorld({ replies });
  const drain = (body: string, query = "") => ask(`/v1/node/n1/drain${query}`, { method: "PUT", body });
  const DrainSpec = { Deadline: 3600e9, IgnoreSystemJobs: true };
  const begun = await drain(JSON.stringify({ NodeID: "n1", DrainSpec, MarkEligible: false, Meta: { message: "m" } }));
  const answer = { EvalIDs: ["e"], EvalCreateIndex: 42, NodeModifyIndex: 42, Index: 42 };
  assert.deepEqual(JSON.parse(begun.text), { ...answer, KnownLeader: false, LastContact: 0 });
  await drain('{"DrainSpec":null,"MarkEligible":true}');
  await drain("{}");
  await drain(JSON.stringify({ DrainSpec }), "?enable=false");
  const ended = { NodeID: "", DrainSpec: null, MarkEligible: false, Meta: {} };
  const asked = servers.questions.map(({ request }) => JSON.parse(JSON.stringify(request)));
  assert.deepEqual(asked, [
    { NodeID: "n1", Drain: true, Update: { ...ended, NodeID: "n1", DrainSpec, Meta: { message: "m" } } },
    { NodeID: "n1", Drain: false, Update: { ...ended, MarkEligible: true } },
    { NodeID: "n1", Drain: false, Update: ended },
    { NodeID: "n1", Drain: false, Update: null },
  ]);
});

test("a body that says no drain is 400, and nothing is asked", async () => {
  const { ask, servers } = await httpWorld({ replies: { "Node.UpdateDrain": { EvalIDs: [] } } });
  const texts = {
    "{": "unexpected EOF",
    "[]": "Cannot read request body: Update: Invalid input: expected object, received array",
    '{"DrainSpec":true}':
      "Cannot read request body: Update.DrainSpec: Invalid input: expected object, received boolean",
    '{"DrainSpec":{"Deadline":"1h"}}':
      "Cannot read request body: Update.DrainSpec.Deadline: Invalid input: expected number, received string",
    '{"MarkEligible":"yes"}':
      "Cannot read request body: Update.MarkEligible: Invalid input: expected boolean, received string",
    '{"NodeID":"n2"}': "Node ID does not match",
  };
  for (const [body, text] of Object.entries(texts)) {
    const answer = await ask("/v1/node/n1/drain", { method: "PUT", body });
    assert.deepEqual([answer.status, answer.text], [400, text]);
  }
  assert.deepEqual(servers.questions, []);
});

test("a wrong method is refused, and anything is taken where 0.4.1 does not look", async () => {
  const { ask } = await httpWorld({ replies: { "Job.Summary": { JobSummary: { JobID: "web" } } } });
  for (const [method, path] of [
    ["DELETE", "/v1/jobs"],
    ["OPTIONS", "/v1/jobs"],
    ["POST", "/v1/system/gc"],
    ["GET", "/v1/job/web/plan"],
    ["PUT", "/v1/node/n"],
    ["PUT", "/v1/agent/self"],
  ] as const) {
    const answer = await ask(path, { method });
    assert.deepEqual([answer.status, answer.text], [405, "Invalid method"], `${method} ${path}`);
  }
  assert.equal((await ask("/v1/job/web/summary", { method: "POST" })).status, 200);
});

test("an unknown path is 404 as Go's multiplexer says it", async () => {
  const { ask } = await httpWorld();
  for (const path of ["/", "/v1", "/v1/jobs/", "/v1/nothing", "/index.html", "/debug"]) {
    const answer = await ask(path);
    assert.deepEqual([answer.status, answer.text], [404, "404 page not found\n"], path);
    assert.equal(answer.headers["x-content-type-options"], "nosniff");
  }
  assert.equal((await ask("/v1/client/fs/other/x")).text, "Invalid method");
  assert.equal((await ask("/v1/client/allocation/x/other")).text, "allocation not found");
});

test("T13: a path with empty or dotted parts is redirected to what it means and never served", async () => {
  const { ask, servers } = await httpWorld();
  for (const [asked, location] of [
    ["//v1//jobs", "/v1/jobs"],
    ["/v1/job/../../../etc/passwd", "/etc/passwd"],
    ["/v1/%2e%2e/%2e%2e/secrets?x=1", "/secrets?x=1"],
    ["/v1/job/a%2f%2fb", "/v1/job/a/b"],
    ["/v1/job/a%0d%0aX:%201/..", "/v1/job"],
    ["/v1/./job/%0d%0aX", "/v1/job/%0D%0AX"],
    ["/v1/job", "/v1/job/"],
    ["http://example.org/v1//jobs", "/v1/jobs"],
  ] as const) {
    const answer = await ask(asked);
    assert.equal(answer.status, 301, asked);
    assert.equal(answer.headers.location, location, asked);
  }
  for (const asked of ["*", "", "v1/jobs", "/v1/job/%00", "/v1/job/%zz", "/v1/job/%ff", "http://example.org"]) {
    assert.equal((await ask(asked)).status, 400, asked);
  }
  assert.equal(servers.questions.length, 0);
});

test("refusals of the servers keep their text and their status, and are logged", async () => {
  const { ask, log } = await httpWorld({
    replies: {
      "Job.List": () => Promise.reject(new RpcError("No cluster leader")),
      "Node.List": () => Promise.reject(new RpcError("Permission denied", { code: 403 })),
    },
  });
  const answer = await ask("/v1/jobs");
  assert.deepEqual([answer.status, answer.text], [500, "No cluster leader"]);
  assert.equal(answer.headers["x-nomad-index"], undefined);
  assert.equal((await ask("/v1/nodes")).status, 403);
  assert.ok(log.lines.includes("ERR Request /v1/jobs, error: No cluster leader"));
});

test("a change of what is not there is 500, as programs of 0.4.1 know it", async () => {
  const { ask } = await httpWorld({
    replies: { "Job.Evaluate": () => Promise.reject(new RpcError("job not found", { code: 404 })) },
  });
  const answer = await ask("/v1/job/x/evaluate", { method: "PUT" });
  assert.deepEqual([answer.status, answer.text], [500, "job not found"]);
});

test("what nobody foresaw is an answer too", async () => {
  const { ask } = await httpWorld({
    replies: {
      "Job.List": () => {
        throw new TypeError("x is not a function");
      },
      "Node.List": { Nodes: [{ ID: Number.NaN }] },
      "Alloc.List": undefined,
    },
  });
  assert.deepEqual([(await ask("/v1/jobs")).status, (await ask("/v1/jobs")).text], [500, "x is not a function"]);
  assert.equal((await ask("/v1/nodes")).status, 500);
  assert.equal((await ask("/v1/allocations")).status, 500);
});

test("headers the operator chose are on every answer, and impossible ones are refused at the start", async () => {
  const { ask } = await httpWorld({ responseHeaders: { "X-Where": "here" } });
  assert.equal((await ask("/v1/nothing")).headers["x-where"], "here");
  await assert.rejects(httpWorld({ responseHeaders: { "X Y": "z" } }), /Cannot send response header "X Y"/);
  await assert.rejects(httpWorld({ responseHeaders: { X: "a\r\nb: c" } }), /Cannot send response header "X"/);
});

test("T24: a page of another site may look, but not change anything", async () => {
  const { ask } = await httpWorld({ replies: { "System.GarbageCollect": {}, "Region.List": [] } });
  const put = (headers: Record<string, string>) =>
    ask("/v1/system/gc", { method: "PUT", headers: { host: "127.0.0.1:4646", ...headers } });
  assert.equal((await put({ "sec-fetch-site": "cross-site" })).status, 403);
  assert.equal((await put({ origin: "http://evil.example" })).status, 403);
  assert.equal((await put({ origin: "http://127.0.0.1:8080" })).status, 403);
  assert.equal((await put({ origin: "null" })).status, 403);
  assert.equal((await put({ origin: "http://127.0.0.1:4646" })).status, 200);
  assert.equal((await put({})).status, 200);
  assert.equal((await ask("/v1/regions", { headers: { origin: "http://evil.example" } })).status, 200);
});

test("a long list arrives whole though it is sent in pieces", async () => {
  const Nodes = Array.from({ length: 3_000 }, (_, at) => ({ ID: String(at), Name: "n".repeat(40) }));
  const { ask } = await httpWorld({ replies: { "Node.List": { Nodes } } });
  assert.deepEqual(JSON.parse((await ask("/v1/nodes")).text), Nodes);
});

test("T18: who goes away takes the question along", async () => {
  const { promise: asked, resolve } = Promise.withResolvers<AbortSignal>();
  const { client, log } = await httpWorld({
    replies: {
      "Job.List": ({ options }: { options: { signal: AbortSignal } }) => {
        resolve(options.signal);
        return new Promise((_, reject) => {
          options.signal.addEventListener("abort", () => reject(options.signal.reason));
        });
      },
    },
  });
  const leaving = new AbortController();
  const refused = assert.rejects(client.send({ method: "GET", target: "/v1/jobs?index=5", signal: leaving.signal }), {
    message: "enough",
  });
  const signal = await asked;
  leaving.abort(new Error("enough"));
  await refused;
  assert.equal(signal.aborted, true);
  assert.ok(!log.lines.some((line) => line.startsWith("ERR")));
});

test("T50: who sheds load refuses what is new and says when to ask again; what makes room is served", async () => {
  let isScarce = false;
  const replies = { "Region.List": ["global"], "System.GarbageCollect": {} };
  const { ask, log } = await httpWorld({ replies, shedsLoad: () => isScarce });
  assert.equal((await ask("/v1/regions")).status, 200);
  isScarce = true;
  const refused = await ask("/v1/regions");
  assert.deepEqual([refused.status, refused.headers["retry-after"]], [503, "10"]);
  assert.match(refused.text, /^This agent has little memory left; ask again/);
  assert.equal((await ask("/v1/system/gc", { method: "PUT" })).status, 200);
  assert.notEqual((await ask("/v1/job/web", { method: "DELETE" })).status, 503);
  isScarce = false;
  assert.equal((await ask("/v1/regions")).status, 200);
  assert.ok(!log.lines.some((line) => line.startsWith("ERROR Request /v1/regions")), "no line for each");
});
