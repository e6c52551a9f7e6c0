import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { Agents, type TestAgent } from "./support/agents.ts";
import { checkout, type Finished, freePorts, nomadProgram } from "./support/nomad.ts";
import { normalised, parseRecordings, type RecordedCommand } from "./support/recorded-command.ts";

/**
 * Every recorded command line of HashiCorp's 0.4.1, replayed in the order of its story against an agent of ours with the
 * built command, colours forced as 0.4.1 always has them.
 */
const recordings = join(checkout, "test", "system", "recordings");

/** What is printed otherwise, and explained in docs/compatibility.md. */
const different: readonly string[] = ["agent-bad-config", "run-broken", "server-members-detailed", "validate-broken"];

/** What changes something is done once; what reads is asked again until things have settled, so many seconds. */
const once = /^(?:run|stop|node-drain|init|agent-|server-join|server-force|client-config-update)/;
const settled = 10;

const agents = await Agents.begin();
const workDirectory = await mkdtemp(join(tmpdir(), "nomad-recorded-"));
after(async () => {
  await agents.dispose();
  await rm(workDirectory, { recursive: true, force: true });
});

test("every recorded command of 0.4.1 prints the same, but for what is explained", async () => {
  const agent = await agents.start({
    name: "vm",
    settings: `bind_addr = "127.0.0.1"
server { enabled = true bootstrap_expect = 1 }
client { enabled = true options { "driver.raw_exec.enable" = "1" } }`,
  });
  await agent.seen<Rows>("its node is ready", "/v1/nodes", ([node]) => node?.Status === "ready");
  await cp(join(recordings, "jobs"), workDirectory, { recursive: true });
  const [http, rpc, serf] = await freePorts(3);
  await writeFile(join(workDirectory, "bad.hcl"), "no_such_option = true\n");
  await writeFile(
    join(workDirectory, "agent.hcl"),
    `bind_addr = "127.0.0.1"\nports { http = ${http} rpc = ${rpc} serf = ${serf} }\n`,
  );

  const found: Record<string, unknown> = {};
  for (const recorded of parseRecordings(await readFile(join(recordings, "commands-0.4.1.txt"), "utf8"))) {
    const expected = comparable(recorded, recorded);
    const deadline = performance.now() + settled * 1000;
    for (;;) {
      const printed = comparable(recorded, await run(agent, recorded));
      if (equal(printed, expected)) break;
      const settles = !once.test(recorded.name) && !different.includes(recorded.name);
      if (!settles || performance.now() > deadline) {
        found[recorded.name] = { printed, expected };
        break;
      }
    }
  }
  for (const [name, difference] of Object.entries(found)) if (!different.includes(name)) console.log(name, difference);
  assert.deepEqual(Object.keys(found).sort(), [...different].sort());
});

type Rows = readonly { readonly ID: string; readonly Name: string; readonly Status: string }[];

/** What the user typed. */
const inputs: Readonly<Record<string, string>> = { "stop-prefix-ask-no": "n\n" };
/** The file that stood at standard input. */
const inputFiles: Readonly<Record<string, string>> = {
  "plan-stdin": "svc-count.nomad",
  "run-stdin": "svc-count.nomad",
};
/** What must have been printed before Ctrl-C. */
const interruptedAfter = /stream in below:|(?:line \d+\n){2}/;

async function run(agent: TestAgent, { name, args, interrupted }: RecordedCommand): Promise<Finished> {
  const file = inputFiles[name];
  const input = file === undefined ? inputs[name] : await readFile(join(workDirectory, file), "utf8");
  const filled = await Promise.all(args.map((arg) => withIDs(agent, arg)));
  const env = { ...process.env, TZ: "UTC", NOMAD_ADDR: agent.address, NOMAD_CLI_FORCE_COLOR: "1" };
  return new Promise((resolve) => {
    const options = { env, cwd: workDirectory, timeout: 60_000, maxBuffer: 1 << 26 };
    const child = execFile(nomadProgram, filled, options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : -1, stdout, stderr });
    });
    // Most commands read nothing, and may have ended before they are sent it.
    child.stdin?.on("error", () => {});
    child.stdin?.end(input ?? "");
    let seen = "";
    if (interrupted) {
      child.stdout?.on("data", (text: string) => {
        seen += text;
        if (interruptedAfter.test(seen)) child.kill("SIGINT");
      });
    }
  });
}

/** What IDs in braces are called here. The first answer stays: what they named then may have gone since. */
const known = new Map<string, Promise<string>>();

async function withIDs(agent: TestAgent, arg: string): Promise<string> {
  const [whole, what, job, short] = /\{(\w+)(?::([\w-]+))?(\/8)?\}/.exec(arg) ?? [];
  if (whole === undefined || !(what! in finders)) {
    return arg
      .replace("127.0.0.1:15846", agent.address.slice("http://".length))
      .replace("127.0.0.1:15847", agent.rpc)
      .replace("127.0.0.1:15848", agent.serf);
  }
  const key = `${what}:${job}`;
  if (!known.has(key)) known.set(key, finders[what as keyof typeof finders](agent, job ?? ""));
  const id = await known.get(key)!;
  return arg.replace(whole, short === undefined ? id : id.slice(0, 8));
}

const finders = {
  node: async (agent: TestAgent) => (await agent.get<Rows>("/v1/nodes"))[0]!.ID,
  alloc: async (agent: TestAgent, job: string) =>
    (await agent.get<Rows>(`/v1/job/${job}/allocations`)).find(({ Name }) => Name.endsWith("[0]"))!.ID,
  eval: async (agent: TestAgent, job: string) =>
    (await agent.get<Rows>(`/v1/job/${job}/evaluations`)).find(({ Status }) => Status === "complete")!.ID,
  blocked: async (agent: TestAgent, job: string) =>
    (await agent.get<Rows>(`/v1/job/${job}/evaluations`)).find(({ Status }) => Status === "blocked")!.ID,
};

function comparable(recorded: RecordedCommand, { code, stdout, stderr }: Finished): Finished {
  return { code, stdout: normalised(recorded.name, stdout), stderr: normalised(recorded.name, stderr) };
}

function equal(a: Finished, b: Finished): boolean {
  return a.code === b.code && a.stdout === b.stdout && a.stderr === b.stderr;
}
