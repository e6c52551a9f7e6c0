import assert from "node:assert/strict";
import { test } from "node:test";
import { ran, systemError } from "./testing/console.ts";
import { job, jobStub } from "./testing/samples.ts";

const empty = { "GET /v1/jobs": { json: [] } };

test("the agent is found by the flag, by NOMAD_ADDR, or on this machine", async () => {
  const variables = { NOMAD_ADDR: "http://one:1" };
  const agents = { "http://one:1": empty, "http://two:2": empty };
  assert.equal((await ran("status", { agent: empty })).asked[0]?.target, "http://127.0.0.1:4646/v1/jobs");
  assert.equal((await ran("status", { variables, agents })).asked[0]?.target, "http://one:1/v1/jobs");
  const flagged = await ran("status -address=http://two:2/", { variables, agents });
  assert.equal(flagged.asked[0]?.target, "http://two:2/v1/jobs");
});

test("the region is asked for by the flag or by NOMAD_REGION", async () => {
  const variables = { NOMAD_REGION: "eu" };
  const target = async (line: string) => (await ran(line, { variables, agent: empty })).asked[0]?.target;
  assert.equal(await target("status"), "http://127.0.0.1:4646/v1/jobs?region=eu");
  assert.equal(await target("status -region=us"), "http://127.0.0.1:4646/v1/jobs?region=us");
});

test("the namespace is asked for by the flag or by NOMAD_NAMESPACE", async () => {
  const variables = { NOMAD_NAMESPACE: "web" };
  const target = async (line: string) => (await ran(line, { variables, agent: empty })).asked[0]?.target;
  assert.equal(await target("status"), "http://127.0.0.1:4646/v1/jobs?namespace=web");
  assert.equal(await target("status -namespace=ops"), "http://127.0.0.1:4646/v1/jobs?namespace=ops");
});

test("the token goes along in its header, from the flag or from NOMAD_TOKEN", async () => {
  const variables = { NOMAD_TOKEN: "secret-1" };
  const token = async (line: string, given = {}) =>
    (await ran(line, { variables: given, agent: empty })).asked[0]?.headers?.["X-Nomad-Token"];
  assert.equal(await token("status"), undefined);
  assert.equal(await token("status", variables), "secret-1");
  assert.equal(await token("status -token=secret-2", variables), "secret-2");
});

test("colours are printed on a terminal only, unless they are asked for or refused", async () => {
  const agent = {
    "GET /v1/jobs": { json: [jobStub("shop")] },
    "GET /v1/job/shop": { json: job("shop") },
    "GET /v1/job/shop/summary": { json: { Summary: {} } },
    "GET /v1/job/shop/evaluations": { json: [] },
    "GET /v1/job/shop/allocations": { json: [] },
  };
  const coloured = async (line: string, { piped = false, variables = {} } = {}) => {
    const { code, out } = await ran(line, { agent, piped, variables });
    assert.equal(code, 0);
    return out.includes("\u001b[1mSummary");
  };
  const [no, force] = [{ NOMAD_CLI_NO_COLOR: "1" }, { NOMAD_CLI_FORCE_COLOR: "1" }];
  assert.equal(await coloured("status shop"), true);
  assert.equal(await coloured("status -no-color shop"), false);
  assert.equal(await coloured("status shop", { variables: no }), false);
  assert.equal(await coloured("status -force-color shop", { variables: no }), true);
  assert.equal(await coloured("status shop", { piped: true }), false);
  assert.equal(await coloured("status -force-color shop", { piped: true }), true);
  assert.equal(await coloured("status shop", { piped: true, variables: force }), true);
  assert.equal(await coloured("status -no-color shop", { variables: force }), false);
});

test("credentials come from NOMAD_HTTP_AUTH, and those in the address win", async () => {
  const variables = { NOMAD_HTTP_AUTH: "ann:s3cret" };
  const header = async (line: string) => {
    const agents = { "http://bob:pw@host:1": empty };
    const { asked } = await ran(line, { variables, agent: empty, agents });
    return Buffer.from((asked[0]?.headers?.Authorization ?? "").replace("Basic ", ""), "base64").toString();
  };
  assert.equal(await header("status"), "ann:s3cret");
  assert.equal(await header("status -address=http://bob:pw@host:1"), "bob:pw");
});

test("an agent that cannot be reached is told in the words of Go's client", async () => {
  const reason = async (error: Error) => {
    const { code, out, err } = await ran("status", { agent: { "GET /v1/jobs": { error } } });
    assert.deepEqual({ code, out }, { code: 1, out: "" });
    const [, text] = /^Error querying jobs: Get "http:\/\/127\.0\.0\.1:4646\/v1\/jobs": (.*)\n$/s.exec(err) ?? [];
    return text;
  };
  const there = { address: "127.0.0.1", port: 4646 };
  const refused = "dial tcp 127.0.0.1:4646: connect: connection refused";
  assert.equal(await reason(systemError("ECONNREFUSED", there)), refused);
  assert.equal(await reason(new AggregateError([systemError("ECONNREFUSED", there)])), refused);
  assert.equal(await reason(systemError("ENOTFOUND")), "dial tcp: lookup 127.0.0.1: no such host");
  assert.equal(await reason(systemError("ETIMEDOUT")), "dial tcp 127.0.0.1:4646: i/o timeout");
  assert.equal(await reason(new Error("out of luck")), "out of luck");
});

test("an address that is none is refused before anything is asked", async () => {
  const error = async (address: string) => (await ran(["status", `-address=${address}`])).err.trimEnd();
  assert.equal(await error("nope"), 'Error querying jobs: Get "nope/v1/jobs": unsupported protocol scheme ""');
  assert.equal(await error("host:1"), 'Error querying jobs: Get "host:1/v1/jobs": unsupported protocol scheme "host"');
  assert.equal(
    await error("127.0.0.1:4646"),
    "Error initializing client: invalid address '127.0.0.1:4646': first path segment in URL cannot contain colon",
  );
  assert.match(await error("http://[::1"), /^Error initializing client: invalid address 'http:\/\/\[::1': /);
});

test("a password is not repeated in an error", async () => {
  const { err } = await ran("status -address=http://bob:pw@host:1");
  assert.match(err, /"http:\/\/bob:xxxxx@host:1\/v1\/jobs"/);
});

test("what an agent refuses is told with its status and its words", async () => {
  const agent = { "GET /v1/jobs": { status: 500, text: "No cluster leader" } };
  const { code, err } = await ran("status", { agent });
  assert.deepEqual([code, err], [1, "Error querying jobs: Unexpected response code: 500 (No cluster leader)\n"]);
});

test("an answer that is no JSON is an error, not a crash", async () => {
  const { code, err } = await ran("status", { agent: { "GET /v1/jobs": { pieces: ["<html>"] } } });
  assert.equal(code, 1);
  assert.match(err, /^Error querying jobs: .*JSON/);
});

test("an answer that breaks off is an error, not a crash", async () => {
  async function* broken() {
    yield "[";
    throw systemError("ECONNRESET", { message: "aborted" });
  }
  const { code, err } = await ran("status", { agent: { "GET /v1/jobs": { pieces: broken() } } });
  assert.equal(code, 1);
  assert.match(err, /: unexpected EOF\n$/);
});

test("T25: what a template shows cannot steer a terminal, and goes to programs as it is", async () => {
  const agent = { "GET /v1/jobs": { json: [jobStub("web", { Name: "\u001b[31m\u202eweb\n" })] } };
  const line = ["inspect", "-t", "{{range .}}{{.Name}}{{end}}"];
  assert.equal((await ran(line, { agent })).out, "\\x1b[31m\\u202eweb\n\n");
  assert.equal((await ran(line, { agent, piped: true })).out, "\u001b[31m\u202eweb\n\n");
});

test("T25: names and errors from others cannot steer the terminal", async () => {
  const stub = { ID: "\u001b[2Jweb\u202e", Type: "service", Priority: 50, Status: "running" };
  const { out } = await ran("status", { agent: { "GET /v1/jobs": { json: [stub] } } });
  assert.match(out, /\\x1b\[2Jweb\\u202e {2}service/);
  const refused = await ran("status", { agent: { "GET /v1/jobs": { status: 500, text: "a\u001b]0;x\u0007\nb" } } });
  assert.equal(refused.err, "Error querying jobs: Unexpected response code: 500 (a\\x1b]0;x\\x07\nb)\n");
});
