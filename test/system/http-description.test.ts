import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createConfig, lintFromString } from "@redocly/openapi-core";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { withReference } from "../../scripts/http-page.ts";
import type { OpenAPIDocument } from "../../src/api/index.ts";
import { filled, openAPIDocument } from "../../src/api/index.ts";
import { Agents, type TestAgent } from "./support/agents.ts";
import { checkout } from "./support/nomad.ts";

/** `GET /v1/openapi.json` of the built command, held against what a linter knows and what the agent answers. */

/** Recordings of HashiCorp's agents; they stand beside the checkout, not in it. */
const recordings = join(checkout, "..", "shared", "golden");
const skip = existsSync(recordings) ? false : `the recordings are not here (${recordings})`;

const key = Buffer.alloc(32, 7).toString("base64");
const otherKey = Buffer.alloc(32, 8).toString("base64");

const settings = `
server { enabled = true bootstrap_expect = 1 encrypt = "${key}" }
client { enabled = true network_interface = "lo" options { "driver.raw_exec.enable" = "1" } }
compat { agent_members = "object" }`;

const task = {
  Name: "t",
  Driver: "raw_exec",
  Config: { command: "/bin/sh", args: ["-c", "echo text; exec sleep 3600"] },
  Resources: { CPU: 20, MemoryMB: 16, Networks: [{ MBits: 1, DynamicPorts: [{ Label: "http" }] }] },
  LogConfig: { MaxFiles: 1, MaxFileSizeMB: 1 },
  Services: [
    { Name: "web", PortLabel: "http", Tags: ["a"], Checks: [{ Name: "c", Type: "tcp", Interval: 1e10, Timeout: 1e9 }] },
  ],
};
const job = (ID: string, more: object = {}, group: object = {}) => ({
  ID,
  Name: ID,
  Type: "service",
  Region: "global",
  Priority: 50,
  Datacenters: ["dc1"],
  TaskGroups: [{ Name: "g", Count: 1, Meta: { a: "b" }, Tasks: [task], ...group }],
  ...more,
});
const web = job("web", { Spreads: [{ Attribute: "${node.datacenter}", Weight: 50 }] });
const impossible = job("impossible", {
  Constraints: [{ LTarget: "${attr.kernel.name}", RTarget: "none", Operand: "=" }],
});
const large = job("large", {}, { Tasks: [{ ...task, Resources: { ...task.Resources, CPU: 10_000_000 } }] });
const cron = job("cron", { Type: "batch", Periodic: { Enabled: true, Spec: "0 0 1 1 *", SpecType: "cron" } });

interface Question {
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: string;
  readonly body?: unknown;
}

/** Of each operation whose answer is JSON what to ask, so that the answer says as much as it may. In this order. */
const questions = (
  ids: Readonly<Record<"node" | "allocation" | "evaluation" | "failed", string>>,
  { rpc, serf }: TestAgent,
) => {
  const [ofJob, ofNode] = [{ path: { JobID: "web" } }, { path: { NodeID: ids.node } }];
  const [ofAllocation, ofEvaluation] = [{ path: { AllocID: ids.allocation } }, { path: { EvalID: ids.evaluation } }];
  const asked: Readonly<Record<string, readonly Question[]>> = {
    openAPI: [{}],
    listJobs: [{}, { query: "prefix=web" }],
    registerJob: [{ body: { Job: cron } }],
    updateJob: [{ ...ofJob, body: { Job: web } }],
    getJob: [ofJob, { path: { JobID: "cron" } }],
    getJobAllocations: [ofJob],
    getJobEvaluations: [ofJob, { path: { JobID: "impossible" } }],
    getJobSummary: [ofJob, { path: { JobID: "cron" } }],
    planJob: [
      {
        ...ofJob,
        body: { Job: { ...web, Priority: 60, TaskGroups: [{ ...web.TaskGroups[0], Count: 3 }] }, Diff: true },
      },
      { path: { JobID: "cron" }, body: { Job: cron, Diff: true } },
      { path: { JobID: "large" }, body: { Job: large, Diff: false } },
    ],
    evaluateJob: [ofJob],
    forcePeriodic: [{ path: { JobID: "cron" } }],
    explainJob: [{ path: { JobID: "large" } }, { path: { JobID: "impossible" } }],
    parseJobFile: [
      { body: { JobHCL: 'job "a" { group "g" { task "t" { driver = "raw_exec" } } }', Canonicalize: true } },
    ],
    validateJob: [{ body: { Job: web } }, { body: { Job: {} } }],
    listNodes: [{}],
    getNode: [ofNode],
    getNodeAllocations: [ofNode],
    evaluateNode: [ofNode],
    updateNodeEligibility: [{ ...ofNode, body: { Eligibility: "eligible" } }],
    listAllocations: [{}],
    getAllocation: [ofAllocation],
    listEvaluations: [{}],
    getEvaluation: [ofEvaluation, { path: { EvalID: ids.failed } }],
    getEvaluationAllocations: [ofEvaluation],
    explainEvaluation: [{ path: { EvalID: ids.failed } }],
    hostStats: [{}],
    allocationStats: [ofAllocation],
    listDirectory: [{ ...ofAllocation, query: "path=/" }],
    statFile: [
      { ...ofAllocation, query: "path=alloc" },
      { ...ofAllocation, query: "path=alloc/logs/t.stdout.0" },
    ],
    agentSelf: [{}],
    agentMembers: [{}, { query: "shape=list" }],
    agentServers: [{}],
    joinServers: [{ query: `address=${serf}` }, { query: "address=127.0.0.1:1" }],
    agentHealth: [{}],
    gossipKeys: [{}],
    installGossipKey: [{ body: { Key: otherKey } }],
    useGossipKey: [{ body: { Key: otherKey } }],
    removeGossipKey: [{ body: { Key: key } }],
    getLeader: [{}],
    getPeers: [{}],
    listRegions: [{}],
    searchPrefix: [{ body: { Prefix: "w", Context: "all" } }],
    raftConfiguration: [{}],
    getSchedulerConfiguration: [{}],
    setSchedulerConfiguration: [{ body: { SchedulerAlgorithm: "spread" } }],
    transferLeadership: [{ query: `address=${rpc}` }],
    updateNodeDrain: [{ ...ofNode, query: "enable=true" }],
    deregisterJob: [{ ...ofJob, query: "purge=false" }],
  };
  return asked;
};

describe("the description of the API", () => {
  const agents = Agents.begin();
  let agent: TestAgent;
  let document: OpenAPIDocument;

  before(async () => {
    agent = await (await agents).start({ name: "vm", settings });
    await agent.seen<{ Status: string }[]>("a node is ready", "/v1/nodes", (nodes) => nodes[0]?.Status === "ready");
    document = await agent.get<OpenAPIDocument>("/v1/openapi.json");
  });
  after(async () => (await agents).dispose());

  test("a linter finds nothing wrong with it, and would", async () => {
    const config = await createConfig({ extends: ["recommended-strict"] });
    const problemsOf = async (each: unknown) => {
      const source = JSON.stringify(each);
      return (await lintFromString({ source, absoluteRef: "/openapi.json", config })).map(({ message }) => message);
    };
    assert.deepEqual(await problemsOf(document), []);
    const { Job: _, ...schemas } = document.components.schemas;
    const broken = { ...document, components: { ...document.components, schemas } };
    assert.match((await problemsOf(broken))[0] ?? "", /Can't resolve \$ref/);
  });

  test("servers are told in the shape that the configuration says, unless the query says another", async () => {
    const members = (query: string) => agent.get<object>(`/v1/agent/members${query}`);
    assert.deepEqual(Object.keys(await members("")).sort(), ["Members", "ServerDC", "ServerName", "ServerRegion"]);
    assert.ok(Array.isArray(await members("?shape=list")));
  });

  test("it names the parameters that are looked at, and no others", () => {
    const folders = ["src/api/http", "src/http"].map((folder) => join(checkout, folder));
    const files = folders.flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)));
    const code = files.filter((path) => /(?<!\.test)\.ts$/.test(path)).map((path) => readFileSync(path, "utf8"));
    const reads = code
      .join("\n")
      .matchAll(/query\.(?:get|getAll|has)\("(.+?)"\)|(?:boolean|integer)In\(query, "(.+?)"/g);
    const read = new Set([...reads].map(([, first, second]) => first ?? second));
    const named = operationsOf(document).flatMap(({ operation }) => operation.parameters);
    const inQuery = new Set(named.filter((each) => each.in === "query").map(({ name }) => name));
    assert.deepEqual([...inQuery].sort(), [...read, "consistent"].sort());
  });

  test("the reference for people is made of it", () => {
    const page = readFileSync(join(checkout, "docs", "http-api.md"), "utf8");
    const made = withReference(page, openAPIDocument());
    assert.ok(made.includes("#### GET /v1/job/{JobID}/explain"));
    assert.equal(page, made, "docs/http-api.md is older than the routes: npm run docs:http");
  });

  test("what the agent answers is what it says, with no field more", async () => {
    for (const each of [web, impossible, large, cron]) await put(agent, "/v1/jobs", { Job: each });
    const [allocation] = await agent.seen<{ ID: string; EvalID: string; NodeID: string; ClientStatus: string }[]>(
      "the job runs",
      "/v1/job/web/allocations",
      ([first]) => first?.ClientStatus === "running",
    );
    const [failed] = await agent.seen<{ ID: string; FailedTGAllocs: object }[]>(
      "the other job finds no place",
      "/v1/job/large/evaluations",
      (all) => all.some(({ FailedTGAllocs }) => Object.keys(FailedTGAllocs).length > 0),
    );
    await agent.seen("the usage of the machine is known", "/v1/client/stats", (stats) => stats !== null);
    const ids = {
      allocation: allocation!.ID,
      evaluation: allocation!.EvalID,
      node: allocation!.NodeID,
      failed: failed!.ID,
    };
    const fit = fits(document);
    const asked = questions(ids, agent);
    const operations = new Map(operationsOf(document).map((each) => [each.operation.operationId, each]));
    assert.deepEqual(
      Object.keys(asked).sort(),
      [...operations.values()]
        .filter(({ hasJSON }) => hasJSON)
        .map(({ operation }) => operation.operationId)
        .sort(),
    );
    for (const [name, each] of Object.entries(asked)) {
      const { path, verb } = operations.get(name)!;
      for (const { path: values = {}, query = "", body } of each) {
        const target = `${filled(path, values)}?${query}`;
        const answer = await agent.ask(target, {
          method: verb,
          body: body === undefined ? undefined : JSON.stringify(body),
        });
        const text = await answer.text();
        assert.equal(answer.status, 200, `${verb} ${target}: ${text}`);
        const validate = fit(path, verb);
        assert.ok(validate(JSON.parse(text)), `${verb} ${target}: ${JSON.stringify(validate.errors)}`);
      }
    }
  });

  test("what HashiCorp's agents answered fits it too, but for what they left out", { skip }, async () => {
    const fit = fits(document, loosely);
    const verbs = operationsOf(document).filter(({ verb, hasJSON }) => verb === "GET" && hasJSON);
    const paths = verbs.map(({ path }) => ({ path, form: new RegExp(`^${path.replace(/\{.*?\}/, "[^/]+")}$`) }));
    let compared = 0;
    for (const { request, response } of recorded()) {
      const target = request.path.split("?")[0] as string;
      const known = paths.find(({ form }) => form.test(target));
      const isText = typeof response.body === "string" && target !== "/v1/status/leader";
      if (request.method !== "GET" || response.status !== 200 || known === undefined || isText) continue;
      const validate = fit(known.path, "GET");
      compared += 1;
      assert.ok(validate(withoutNull(response.body)), `${target}: ${JSON.stringify(validate.errors)}`);
    }
    assert.ok(compared > 100, `${compared} answers were compared`);
  });
});

interface Transcript {
  readonly request: { readonly method: string; readonly path: string };
  readonly response: { readonly status: number; readonly body: unknown };
}

function recorded(): readonly Transcript[] {
  const files = ["0.4.1", "1.0.18"].flatMap((version) =>
    readdirSync(join(recordings, version))
      .filter((name) => name.endsWith(".json") && name !== "setup.json")
      .map((name) => join(recordings, version, name)),
  );
  return files.flatMap((file) => JSON.parse(readFileSync(file, "utf8")) as Transcript[]);
}

/** A recorded `null` stands for anything. */
function withoutNull(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNull);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, each]) => each !== null);
  return Object.fromEntries(entries.map(([name, each]) => [name, withoutNull(each)]));
}

async function put(agent: TestAgent, path: string, body: unknown): Promise<void> {
  const answer = await agent.ask(path, { method: "PUT", body: JSON.stringify(body) });
  assert.equal(answer.status, 200, await answer.text());
}

/** The operations of the document but those that are there only for a second verb. */
function operationsOf(document: OpenAPIDocument) {
  const all = Object.entries(document.paths).flatMap(([path, verbs]) =>
    Object.entries(verbs).map(([verb, operation]) => {
      const answer = operation.responses["200"] as { readonly content?: object } | undefined;
      return { path, verb: verb.toUpperCase(), operation, hasJSON: "application/json" in (answer?.content ?? {}) };
    }),
  );
  return all.filter(({ operation }) => !/By(Post|Put)$/.test(operation.operationId));
}

/** Checks of answers; `change` says how strictly. */
function fits(document: OpenAPIDocument, change = closed): (path: string, verb: string) => ValidateFunction {
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  ajv.addSchema({ $id: "http://api/", ...(change(document) as object) });
  const escaped = (path: string) =>
    path.replaceAll("~", "~0").replaceAll("/", "~1").replaceAll("{", "%7B").replaceAll("}", "%7D");
  return (path, verb) => {
    const place = `/paths/${escaped(path)}/${verb.toLowerCase()}/responses/200/content/application~1json/schema`;
    return ajv.compile({ $ref: `http://api/#${place}` });
  };
}

/** The same with every object closed whose fields are known. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== "object" || value === null) return value;
  const inner = Object.fromEntries(Object.entries(value).map(([name, each]) => [name, closed(each)]));
  return "properties" in inner && "type" in inner ? { additionalProperties: false, ...inner } : inner;
}

/** The same without the demand that fields are there. */
function loosely(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(loosely);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([name, each]) => !(name === "required" && Array.isArray(each)));
  return Object.fromEntries(entries.map(([name, each]) => [name, loosely(each)]));
}
