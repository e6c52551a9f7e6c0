import assert from "node:assert/strict";
import { test } from "node:test";
import { type Pretended, ran } from "../testing/console.ts";
import { allocation, id, job, node } from "../testing/samples.ts";

const frame = (text: string) => JSON.stringify({ Data: Buffer.from(text).toString("base64"), File: "f", Offset: 1 });
const log = { pieces: [`${frame("line 0\nline 1\n")}{}`, frame("line 2\n").slice(0, 9), frame("line 2\n").slice(9)] };
const logs = `GET /v1/client/fs/logs/${id("a1")}`;

function cluster(more: object = {}): Pretended {
  return {
    agent: {
      "GET /v1/allocations": { json: [allocation("a1")] },
      [`GET /v1/allocation/${id("a1")}`]: { json: allocation("a1", { Job: job("shop") }) },
      [`GET /v1/node/${id("d0")}`]: { json: node("d0") },
      "GET /v1/job/shop/allocations": { json: [allocation("a0", { ClientStatus: "failed" }), allocation("a1")] },
      ...more,
    },
    agents: { "http://10.0.0.5:4646": { [logs]: log } },
  };
}

const query = async (line: string) => {
  const { asked } = await ran(line, cluster());
  return Object.fromEntries(new URL(asked.at(-1)!.target).searchParams);
};

test("a log is printed from its start; the only task need not be named", async () => {
  for (const line of ["logs a1", "logs a1 server", "logs -job shop"]) {
    assert.partialDeepStrictEqual(await ran(line, cluster()), { code: 0, out: "line 0\nline 1\nline 2\n", err: "" });
  }
  const all = { task: "server", type: "stdout", follow: "false", offset: "0", origin: "start" };
  assert.deepEqual(await query("logs a1"), all);
  assert.deepEqual(await query("logs -stderr a1 server"), { ...all, type: "stderr" });
});

test("the end of a log is printed by lines or by bytes", async () => {
  assert.equal((await ran("logs -tail -n 2 a1", cluster())).out, "line 1\nline 2\n");
  assert.partialDeepStrictEqual(await query("logs -tail -n 2 a1"), { origin: "end", offset: "240" });
  assert.partialDeepStrictEqual(await query("logs -tail a1"), { origin: "end", offset: "1200" });
  assert.partialDeepStrictEqual(await query("logs -tail -c 9 a1"), { origin: "end", offset: "9" });
  assert.equal((await ran("logs -tail -c 9 a1", cluster())).out, "line 0\nline 1\nline 2\n");
});

test("a log that is followed ends well when the user interrupts", async () => {
  const user = new AbortController();
  async function* endless() {
    yield frame("line 0\n");
    user.abort();
    throw new Error("The operation was aborted");
  }
  const pretended = { ...cluster(), agents: { "http://10.0.0.5:4646": { [logs]: { pieces: endless() } } } };
  assert.partialDeepStrictEqual(await ran("logs -f a1", { ...pretended, interrupt: user.signal }), {
    code: 0,
    out: "line 0\n",
    err: "",
  });
});

test("several tasks are named so that the user can choose", async () => {
  const TaskGroups = [{ Name: "front", Tasks: [{ Name: "web" }, { Name: "helper" }] }];
  const more = { [`GET /v1/allocation/${id("a1")}`]: { json: allocation("a1", { Job: job("shop", { TaskGroups }) }) } };
  const { code, err } = await ran("logs a1", cluster(more));
  assert.equal(code, 1);
  assert.equal(
    err,
    'Allocation "a1000000" is running the following tasks:\n  * web\n  * helper\n\nPlease specify the task.\n',
  );
});

test("what cannot be done is told", async () => {
  const error = async (line: string, more: object = {}) => (await ran(line, cluster(more))).err;
  assert.match(await error("logs"), /^Allocation ID required\. See help:\n\nUsage: nomad logs /);
  assert.match(await error("logs -job"), /^Job ID required\. See help:\n\nUsage: nomad logs /);
  assert.equal(await error("logs -n 1 -c 1 a1"), "Both -n and -c set\n");
  assert.equal(await error("logs -n -2 a1"), "Invalid size is specified\n");
  assert.equal(await error("logs a"), "Alloc ID must contain at least two characters.\n");
  const noAddress = { [`GET /v1/node/${id("d0")}`]: { json: node("d0", { HTTPAddr: "" }) } };
  assert.equal(
    await error("logs a1", noAddress),
    `http addr of the node where alloc "${id("a1")}" is running is not advertised\n`,
  );
  assert.equal(
    await error("logs -job none", { "GET /v1/job/none/allocations": { json: [] } }),
    'Error fetching allocations: job "none" doesn\'t exist or it has no allocations\n',
  );
  const refused = { ...cluster(), agents: { "http://10.0.0.5:4646": { [logs]: { status: 500, text: "no log" } } } };
  assert.equal(
    (await ran("logs a1 nope", refused)).err,
    "Error reading file: Unexpected response code: 500 (no log)\n",
  );
});

test("where the node cannot be reached, the agent that is asked passes on what the node says", async () => {
  const direct = cluster();
  const through = { agent: { ...direct.agent, [logs]: log } };
  assert.partialDeepStrictEqual(await ran("logs a1", through), { code: 0, out: "line 0\nline 1\nline 2\n", err: "" });
  const nowhere = await ran("logs a1", { agent: direct.agent });
  assert.equal(nowhere.code, 1);
  assert.match(nowhere.err, /Error reading file: Get "http:\/\/10\.0\.0\.5:4646\/v1\/client\/fs\/logs/);
});
