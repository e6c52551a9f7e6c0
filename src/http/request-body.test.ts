import assert from "node:assert";
import { test } from "node:test";
import fc from "fast-check";
import { ByteBudget, seconds } from "../base/index.ts";
import { type HttpRequest, ManualClock, settled } from "../runtime/index.ts";
import { nodeRuntime } from "../runtime/node/index.ts";
import { readJSONBody } from "./body.ts";
import { httpWorld } from "./testing/http-world.ts";

const { clock: realClock } = nodeRuntime({ logLevel: "ERR", writeLog: () => {} });

const changed = { EvalID: "e", EvalCreateIndex: 7, JobModifyIndex: 6, Warnings: "" };
const replies = { "Job.Register": changed, "Job.Plan": { NextPeriodicLaunch: null } };

const task = {
  Name: "main",
  Driver: "raw_exec",
  User: "",
  Config: { command: "/bin/true" },
  Env: { A: "b" },
  Services: [
    { Name: "s", PortLabel: "http", Tags: ["t"], Checks: [{ Name: "c", Type: "tcp", Interval: 1e9, Timeout: 1e9 }] },
  ],
  Constraints: [{ LTarget: "${attr.arch}", RTarget: "amd64", Operand: "=" }],
  Resources: {
    CPU: 100,
    MemoryMB: 10,
    DiskMB: 10,
    IOPS: 0,
    Networks: [{ MBits: 1, DynamicPorts: [{ Label: "http", Value: 0 }] }],
  },
  Meta: { m: "n" },
  KillTimeout: 5e9,
  LogConfig: { MaxFiles: 1, MaxFileSizeMB: 1 },
  Artifacts: [{ GetterSource: "http://x/y", GetterOptions: { checksum: "md5:z" }, RelativeDest: "local/" }],
};
const group = {
  Name: "grp",
  Count: 1,
  Constraints: [],
  RestartPolicy: { Attempts: 1, Interval: 60e9, Delay: 1e9, Mode: "fail" },
  Tasks: [task],
  Meta: {},
};
const job = {
  Region: "global",
  ID: "web",
  Name: "web",
  Type: "batch",
  Priority: 50,
  AllAtOnce: false,
  Datacenters: ["dc1"],
  Constraints: [],
  TaskGroups: [group],
  Update: { Stagger: 0, MaxParallel: 0 },
  Periodic: { Enabled: true, Spec: "* * * * *", SpecType: "cron", ProhibitOverlap: false },
  Meta: { owner: "x" },
};

async function put(body: unknown, target = "/v1/jobs") {
  const world = await httpWorld({ replies });
  const answer = await world.ask(target, {
    method: "PUT",
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  return { ...answer, questions: world.servers.questions };
}

test("a job is read from the body, keys in any case, and asked for in the region that is named first", async () => {
  const { status, questions } = await put({ job: { id: "web", TASKGROUPS: [{ name: "g" }] }, Region: "eu" });
  assert.equal(status, 200);
  assert.equal(questions[0]?.options.region, "eu");
  const asked = questions[0]?.request as { readonly Job: typeof job } | undefined;
  assert.equal(asked?.Job.ID, "web");
  assert.equal(asked?.Job.TaskGroups[0]?.Name, "g");
  const query = await put({ Job: job, Region: "eu" }, "/v1/jobs?region=us");
  assert.equal(query.questions[0]?.options.region, "us");
});

test("a job must be there and be the one of the path", async () => {
  for (const body of [{}, "null", { Job: null }]) {
    const { status, text } = await put(body);
    assert.deepEqual([status, text], [400, "Job must be specified"]);
  }
  for (const path of ["/v1/job/other", "/v1/job/other/plan"]) {
    const { status, text } = await put({ Job: job }, path);
    assert.deepEqual([status, text], [400, "Job ID does not match"]);
  }
  assert.equal((await put({ Job: job }, "/v1/job/web")).status, 200);
});

test("a plan shows when nothing is launched next as Go's zero time", async () => {
  const { text } = await put({ Job: job, Diff: true }, "/v1/job/web/plan");
  assert.equal(text, '{"Index":42,"NextPeriodicLaunch":"0001-01-01T00:00:00Z"}');
});

test("T14: what is not JSON, or no JSON that we take, is 400 with Go's words", async () => {
  const texts: Record<string, string> = {
    "": "EOF",
    "{": "unexpected EOF",
    hello: "invalid character 'h' looking for beginning of value",
    '{"Job": {"Priority": 1e999}}': "json: cannot unmarshal number 1e999 into Go value of type float64",
    [`${'{"Job":'.repeat(10_001)}${"}".repeat(10_001)}`]: "exceeded max depth",
    '{"Job": {"Priority": 9007199254740993}}':
      "Cannot read request body: Job.Priority: Too big: expected int to be <=9007199254740991",
    '{"Job": {"Update": {"Stagger": "30s"}}}':
      "Cannot read request body: Job.Update.Stagger: Invalid input: expected number, received string",
    "[]": "Cannot read request body: Invalid input: expected object, received array",
  };
  for (const [body, text] of Object.entries(texts)) {
    const answer = await put(body);
    assert.deepEqual([answer.status, answer.text], [400, text]);
    assert.equal(answer.questions.length, 0);
  }
});

test("T14: a body beyond the limit is 413, by what it says and by what comes", async () => {
  const clock = new ManualClock();
  const { signal } = new AbortController();
  let pulled = 0;
  async function* endless() {
    for (;;) {
      pulled++;
      yield Buffer.alloc(1000);
    }
  }
  const request = (headers: Record<string, string>): HttpRequest => ({
    method: "PUT",
    target: "/",
    headers,
    remoteAddress: "",
    body: endless(),
  });
  const options = { clock, maxBytes: 10_000, budget: new ByteBudget(0), signal };
  await assert.rejects(readJSONBody(request({ "content-length": "10001" }), options), { status: 413 });
  assert.equal(pulled, 0);
  await assert.rejects(readJSONBody(request({}), options), {
    status: 413,
    message: "request body is larger than 10000 bytes",
  });
  assert.ok(pulled < 15);
});

test("T14: large bodies share what there is for all of them, until their requests are over", async () => {
  const budget = new ByteBudget(5_000_000);
  const text = JSON.stringify("x".repeat(4_000_000));
  const read = (signal: AbortSignal) => {
    async function* body() {
      for (let at = 0; at < text.length; at += 100_000) yield Buffer.from(text.slice(at, at + 100_000));
    }
    const request = { method: "PUT", target: "/", headers: {}, remoteAddress: "", body: body() };
    return readJSONBody(request, { clock: realClock, maxBytes: 10_000_000, budget, signal });
  };
  const [first, second] = [new AbortController(), new AbortController()];
  await read(first.signal);
  await assert.rejects(read(second.signal), { status: 503 });
  first.abort();
  second.abort();
  assert.equal(budget.taken, 0);
  await read(new AbortController().signal);
});

test("T1: a body that comes too slowly is 408", async () => {
  const clock = new ManualClock();
  async function* slow() {
    yield Buffer.from("{");
    await new Promise(() => {});
  }
  const request = { method: "PUT", target: "/", headers: {}, remoteAddress: "", body: slow() };
  const { signal } = new AbortController();
  const read = readJSONBody(request, { clock, maxBytes: 100, budget: new ByteBudget(0), signal });
  const refused = assert.rejects(read, { status: 408 });
  await settled();
  await clock.advance(seconds(11));
  await refused;
});

test("T15: whatever is null, missing or of another type in a job is read or is 400 with its path, never 500", async () => {
  const world = await httpWorld({ replies });
  const paths: string[] = [];
  for (const [path, broken] of brokenAnywhere(job)) {
    const { status, text } = await world.ask("/v1/jobs", { method: "PUT", body: JSON.stringify({ Job: broken }) });
    assert.ok(status === 200 || status === 400, `${path}: ${status} ${text}`);
    if (status !== 400) continue;
    paths.push(path);
    assert.ok(text.includes(`Job.${path}`) || text === "Job must be specified", `${path}: ${text}`);
  }
  assert.ok(paths.includes("TaskGroups[0].Tasks[0]"));
  assert.ok(paths.length > 50);
});

test("T16: an index or a wait that is no number is 400, and a huge one is only large", async () => {
  const { ask, servers } = await httpWorld({ replies: { "Job.List": { Jobs: [] } } });
  for (const index of ["-1", "x", "1.5", "0x10", "1e3", "18446744073709551616", " 1"]) {
    const answer = await ask(`/v1/jobs?index=${encodeURIComponent(index)}`);
    assert.deepEqual([answer.status, answer.text], [400, "Invalid index"], index);
  }
  for (const wait of ["10", "x", "1y", "s", "9".repeat(5_000)]) {
    const answer = await ask(`/v1/jobs?index=1&wait=${wait}`);
    assert.deepEqual([answer.status, answer.text], [400, "Invalid wait time"], wait);
  }
  await ask("/v1/jobs?index=18446744073709551615&wait=-5s&stale&prefix=a&namespace=ns&region=eu");
  const { signal, ...options } = servers.questions[0]?.options ?? {};
  assert.ok(signal instanceof AbortSignal);
  assert.deepEqual(options, {
    minQueryIndex: Number.MAX_SAFE_INTEGER,
    maxQueryTime: 0,
    allowStale: true,
    prefix: "a",
    namespace: "ns",
    region: "eu",
  });
});

test("any body on any path is answered: never a 500 for what the asker sent, never a dropped connection", async () => {
  const world = await httpWorld({
    replies: new Proxy({}, { get: () => ({ ...changed, NextPeriodicLaunch: null }) }),
  });
  const bodies = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.json(),
    fc.jsonValue().map((value) => JSON.stringify({ Job: value })),
    fc.dictionary(fc.constantFrom(...Object.keys(job), "__proto__", "constructor"), fc.jsonValue()).map((value) => {
      return JSON.stringify({ Job: { ID: "web", ...value } });
    }),
  );
  const targets = fc.constantFrom(
    "/v1/jobs",
    "/v1/job/web",
    "/v1/job/web/plan",
    "/v1/job/web/evaluate",
    "/v1/node/n/drain?enable=true",
    "/v1/system/gc",
  );
  await fc.assert(
    fc.asyncProperty(targets, bodies, async (target, body) => {
      const { status, text } = await world.ask(target, { method: "PUT", body });
      assert.ok(status === 200 || status === 400, `${status} ${text}`);
    }),
    { numRuns: 400 },
  );
  assert.equal(Object.hasOwn(Object.prototype, "polluted"), false);
});

test("any target is answered", async () => {
  const world = await httpWorld();
  const parts = fc.constantFrom(
    "v1",
    "job",
    "jobs",
    "node",
    "client",
    "fs",
    "cat",
    "..",
    "",
    "%2f",
    "%00",
    "a b",
    "%zz",
  );
  const target = fc.tuple(fc.array(parts), fc.string()).map(([path, query]) => `/${path.join("/")}?${query}`);
  await fc.assert(
    fc.asyncProperty(target, fc.constantFrom("GET", "PUT", "DELETE"), async (asked, method) => {
      const { status } = await world.ask(asked, { method });
      assert.ok([301, 400, 404, 405, 500, 501].includes(status));
    }),
    { numRuns: 400 },
  );
});

/** The value with one thing in it, at any depth, replaced by what does not belong there or taken away. */
function* brokenAnywhere(value: unknown, path = ""): Generator<readonly [path: string, broken: unknown]> {
  if (path !== "") for (const wrong of [null, 1.5, "x", true, [null], { x: null }, -1, 1e300]) yield [path, wrong];
  if (Array.isArray(value)) {
    for (const [at, element] of value.entries()) {
      for (const [inner, broken] of brokenAnywhere(element, `${path}[${at}]`)) yield [inner, value.with(at, broken)];
    }
  } else if (value !== null && typeof value === "object") {
    for (const [key, field] of Object.entries(value)) {
      const at = path === "" ? key : `${path}.${key}`;
      for (const [inner, broken] of brokenAnywhere(field, at)) yield [inner, { ...value, [key]: broken }];
      const { [key]: _, ...without } = value as Record<string, unknown>;
      yield [at, without];
    }
  }
}
