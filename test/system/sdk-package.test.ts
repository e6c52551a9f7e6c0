import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import manifest from "../../package.json" with { type: "json" };
import { checkout, DevAgent } from "./support/nomad.ts";

/** The SDK as others get it: packed, installed without a network, checked by their compiler, and run. */

const run = promisify(execFile);

const program = `import { fetchTransport, Nomad, seconds, type Shapes, UnexpectedStatus } from "nomad-ts/sdk";

declare const process: { readonly argv: readonly string[] };
declare const console: { log(text: string): void };

const nomad = new Nomad(fetchTransport(process.argv[2] ?? "", { headers: { "X-Who": "a program" } }), { wait: seconds(10) });
const group: Shapes.TaskGroupInput = {
  Name: "g",
  Tasks: [
    {
      Name: "t",
      Driver: "raw_exec",
      Config: { command: "/bin/sh", args: ["-c", "echo from the task; exec sleep 3600"] },
      Resources: { CPU: 20, MemoryMB: 16 },
      LogConfig: { MaxFiles: 1, MaxFileSizeMB: 1 },
    },
  ],
};
const job = { ID: "by-sdk", Name: "by-sdk", Region: "global", Type: "service", Priority: 50, Datacenters: ["dc1"], TaskGroups: [group] };
const { value: change, index } = await nomad.jobs.register(job);
let running: Shapes.AllocationListStub | undefined;
for (let seen = 0; running === undefined; ) {
  const { value, index } = await nomad.jobs.allocations("by-sdk", { index: seen });
  running = value.find(({ ClientStatus }) => ClientStatus === "running");
  seen = index;
}
let output = "";
for await (const { Data } of await nomad.client.streamLogs(running.ID, { task: "t", type: "stdout", follow: true })) {
  output += Data === undefined ? "" : atob(Data);
  if (output.endsWith("\\n")) break;
}
const snapshot = await nomad.operator.saveSnapshot();
await nomad.operator.restoreSnapshot(snapshot);
let refusal: unknown;
try {
  await nomad.jobs.get("none");
} catch (error) {
  refusal = error instanceof UnexpectedStatus ? [error.status, error.text] : error;
}
const stopped: number = (await nomad.jobs.deregister("by-sdk", { purge: true })).value.JobModifyIndex;
// @ts-expect-error: a job has an ID
const wrong: Parameters<typeof nomad.jobs.register>[0] = { Name: "a" };
// @ts-expect-error: the answer has no such field
type Missing = Shapes.Job["Colour"];
declare function atob(text: string): string;
console.log(JSON.stringify({ change: change.Index === index, group: running.TaskGroup, output, refusal, stopped: stopped > 0 }));
`;

const settings = {
  compilerOptions: {
    strict: true,
    noEmit: true,
    target: "es2022",
    module: "nodenext",
    lib: ["es2022", "dom"],
    types: [],
  },
  files: ["program.ts"],
};

test("a program elsewhere installs the package, is checked against its types, and asks an agent", async () => {
  const home = await mkdtemp(join(tmpdir(), "nomad-sdk-"));
  const agent = await DevAgent.start();
  try {
    await run("npm", ["pack", "--ignore-scripts", "--pack-destination", home], { cwd: checkout });
    // What the package depends on comes from here: there is no registry to ask.
    const ours = Object.keys(manifest.dependencies).map((name) => [
      name,
      `file:${join(checkout, "node_modules", name)}`,
    ]);
    const dependencies = { ...Object.fromEntries(ours), "nomad-ts": `file:nomad-ts-${manifest.version}.tgz` };
    await writeFile(join(home, "package.json"), JSON.stringify({ type: "module", dependencies }));
    await writeFile(join(home, "tsconfig.json"), JSON.stringify(settings));
    await writeFile(join(home, "program.ts"), program);
    const quiet = ["--offline", "--no-audit", "--no-fund", "--omit=optional", "--ignore-scripts"];
    await run("npm", ["install", ...quiet], { cwd: home });

    const compiler = join(checkout, "node_modules", "typescript", "bin", "tsc");
    const problems = await run(process.execPath, [compiler, "-p", home]).catch(({ stdout }) => ({ stdout }));
    assert.equal(problems.stdout, "");

    const { stdout } = await run(process.execPath, [join(home, "program.ts"), agent.address]);
    assert.deepEqual(JSON.parse(stdout), {
      change: true,
      group: "g",
      output: "from the task\n",
      refusal: [404, "job not found"],
      stopped: true,
    });
  } finally {
    await agent.end();
    await agent.dispose();
    await rm(home, { recursive: true, force: true });
  }
});
