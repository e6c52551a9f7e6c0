import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Agents, type TestAgent } from "../support/agents.ts";
import { probed, probeOf } from "../support/probes.ts";
import { assertAtMost } from "./attacks.ts";

/** R39: a job file that anybody may have parsed holds up nothing else. */

/** Milliseconds of processor time of one turn of the event loop. */
const mostOfTurn = 100;
/** The same, of what also collects garbage of some hundred megabytes. */
const mostOfCheck = 150;
const longest = 128 * 1024 - 1_000;

/** So many lines that the file is as long as it may be. */
function many(line: (at: number) => string): string {
  const lines: string[] = [];
  for (let at = 0, length = 0; length + 30 < longest; at += 1) {
    const next = line(at);
    lines.push(next);
    length += next.length + 1;
  }
  return lines.join("\n");
}

const files: Readonly<Record<string, string>> = {
  tasks: `job "j" { group "g" {\n${many((at) => `task "t${at}" {}`)}\n} }`,
  "keys of a map": `job "j" { meta {\n${many((at) => `k${at} = "${at}"`)}\n} }`,
  "unknown keys": `job "j" {\n${many(() => "a = 1")}\n}`,
  locals: `locals {\n${many((at) => `a${at} = ${at} + 1`)}\n}\njob "j" {}`,
  marks: `locals { x = "a" }\njob "j" { name = "${"${local.x}".repeat(longest / 10 - 10)}" }`,
  attempts: 'locals { a = [for x in range(9000) : try(local.none[x], 1)] }\njob "j" {}',
  brackets: `job "j" { a = ${"[".repeat(longest)}`,
  "dynamic blocks":
    'locals { r = range(3000) }\njob "j" { group "g" { dynamic "task" {\nfor_each = local.r\nlabels = ["t${task.value}"]\ncontent {}\n} } }',
};

/** A job of so many tasks: some megabytes of JSON. */
const tasks = (make: (at: number) => unknown) => ({
  Job: { ID: "j", TaskGroups: [{ Name: "g", Tasks: Array.from({ length: 100_000 }, (_, at) => make(at)) }] },
});
const constraint = (at: number) => ({ LTarget: "${attr.kernel.name}", Operand: "!=", RTarget: `${at}` });
const bodies: Readonly<Record<string, unknown>> = {
  tasks: tasks((at) => ({ Name: `t${at}`, Driver: "exec", Env: { A: "b" }, Constraints: [constraint(at)] })),
  "names in other letters": tasks((at) => ({ name: `t${at}`, driver: "exec", resources: { cpu: 100 } })),
  "a mistake at the end": tasks((at) => ({ Name: `t${at}`, Leader: at === 99_999 ? "yes" : false })),
  mistakes: tasks((at) => ({ Name: at })),
  "words that are none": { Job: { Datacenters: Array.from({ length: 1_000_000 }, (_, at) => at) } },
  "keys of a map": {
    Job: { ID: "j", Meta: Object.fromEntries(Array.from({ length: 65_000 }, (_, at) => [`k${at}`, "v"])) },
  },
};

test("jobs that are large, right or wrong, are checked in short turns", async (t) => {
  const stalls = await stallsOf(Object.entries(bodies), async (agent, name, body) => {
    const answer = await agent.ask("/v1/validate/job", { method: "PUT", body: JSON.stringify(body) });
    await answer.text();
    const isWrong = /mistake|none/.test(name);
    assert.equal(answer.status, isWrong ? 400 : 200, name);
  });
  assertShort(t, stalls, mostOfCheck);
});

test("job files that are as long as they may be, or take as much to evaluate, are parsed in short turns", async (t) => {
  const stalls = await stallsOf(Object.entries(files), async (agent, name, JobHCL) => {
    const answer = await agent.ask("/v1/jobs/parse", { method: "PUT", body: JSON.stringify({ JobHCL }) });
    const text = await answer.text();
    assert.ok(answer.status === 200 || answer.status === 400, `${name}: ${answer.status} ${text}`);
  });
  assertShort(t, stalls, mostOfTurn);
});

/** The longest turn of a server's event loop while it is asked each of the questions, in milliseconds. */
async function stallsOf<Question>(
  questions: readonly (readonly [name: string, question: Question])[],
  ask: (agent: TestAgent, name: string, question: Question) => Promise<void>,
): Promise<Readonly<Record<string, number>>> {
  const directory = await mkdtemp(join(tmpdir(), "nomad-probe-"));
  const agents = await Agents.begin();
  try {
    const agent = await agents.place("s1");
    await agent.start("server { enabled = true bootstrap_expect = 1 }", [], probed(directory));
    await agent.knowsLeader();
    await probeOf(agent.pid, directory);
    const stalls: Record<string, number> = {};
    for (const [name, question] of questions) {
      await ask(agent, name, question);
      stalls[name] = Math.round((await probeOf(agent.pid, directory)).longestStall);
    }
    return stalls;
  } finally {
    await agents.dispose();
    await rm(directory, { recursive: true, force: true });
  }
}

function assertShort(t: TestContext, stalls: Readonly<Record<string, number>>, most: number): void {
  t.diagnostic(`longest turn of the event loop, ms: ${JSON.stringify(stalls)}`);
  for (const [name, stall] of Object.entries(stalls)) assertAtMost(stall, most, `ms for ${name}`);
}
