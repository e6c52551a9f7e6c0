import assert from "node:assert";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import { instantOf } from "../../base/index.ts";
import { builtInDrivers } from "../../drivers/index.ts";
import { nodeRuntime } from "../../runtime/node/index.ts";
import { LocalNode } from "../local-node.ts";
import { logFileIndexes } from "../logs/log-file-names.ts";
import { ClientState } from "../state/client-state.ts";
import { LeftRuns } from "../state/left-runs.ts";
import type { AllocationReport } from "../status-reports.ts";
import { someConfig } from "../testing/client-config.ts";
import { someAllocation, someJob, type TaskFields } from "../testing/makers.ts";
import { AllocationRunner } from "./allocation-runner.ts";

const runtime = nodeRuntime({ logLevel: "ERR", writeLog: () => {} });
let base: string;

before(async () => {
  base = await runtime.disk.makeTemporaryDirectory("real-task-test-");
});

after(() => runtime.disk.removeTree(base));

/** Runs a batch job of one raw_exec task on this machine. */
async function startReally(task: TaskFields) {
  const config = someConfig();
  const job = someJob({
    ID: "real",
    Name: "real",
    Type: "batch",
    tasks: [{ Name: "main", Driver: "raw_exec", ...task }],
  });
  const allocation = someAllocation({ Job: job, ID: runtime.random.uuid(), Name: "real.group[0]" });
  const node = new LocalNode(config, allocation.NodeID);
  node.setDriver("raw_exec", { detected: true, healthy: true, description: "Healthy", attributes: {} }, instantOf(0));
  const reports: AllocationReport[] = [];
  const runner = new AllocationRunner(
    {
      runtime,
      config,
      node: () => node.value,
      drivers: new Map(builtInDrivers(runtime).map((driver) => [driver.name, driver])),
      allDrivers: builtInDrivers(runtime),
      state: new ClientState(),
      leftRuns: new LeftRuns(),
      allocationDirectory: `${base}/alloc`,
      supervisionDirectory: `${base}/supervision`,
      report: (_, report) => reports.push(report),
    },
    allocation,
  );
  return { runner, reports, ended: runner.run(), logs: `${runner.root}/alloc/logs` };
}

async function outputOf(logs: string): Promise<readonly Uint8Array[]> {
  const names = (await runtime.disk.list(logs)).map(({ name }) => name);
  const indexes = logFileIndexes(names, "main", "stdout");
  return Promise.all(indexes.map((index) => runtime.disk.read(`${logs}/main.stdout.${index}`)));
}

test("a program's output of many files is whole, each file exactly at the limit", async () => {
  const { runner, ended, logs } = await startReally({
    Config: { command: "/bin/sh", args: ["-c", "seq 1 700000"] },
    LogConfig: { MaxFiles: 20, MaxFileSizeMB: 1 },
  });
  await ended;
  const files = await outputOf(logs);
  const wanted = Array.from({ length: 700_000 }, (_, at) => `${at + 1}\n`).join("");
  assert.equal(
    createHash("sha256").update(Buffer.concat(files)).digest("hex"),
    createHash("sha256").update(wanted).digest("hex"),
  );
  assert.deepEqual(
    files.slice(0, -1).map((file) => file.length),
    files.slice(0, -1).map(() => 2 ** 20),
  );
  await runner.destroy();
});

test("a program sees its directories, its environment and its arguments, and its exit code comes back", async () => {
  const { runner, ended, logs, reports } = await startReally({
    Config: {
      command: "/bin/sh",
      args: ["-c", 'pwd; echo "$NOMAD_TASK_DIR|$GREETING|$1"; exit 3', "sh", "a 'b'\n$(c)"],
    },
    Env: { GREETING: "hello ${NOMAD_TASK_NAME}" },
  });
  await ended;
  const [output] = await outputOf(logs);
  const own = `${runner.root}/main`;
  assert.equal(Buffer.from(output ?? []).toString(), `${own}\n${own}/local|hello main|a 'b'\n$(c)\n`);
  assert.equal(reports.at(-1)?.ClientStatus, "failed");
  assert.deepEqual(
    reports.at(-1)?.TaskStates.main?.Events.map(({ Type, ExitCode }) => [Type, ExitCode]),
    [
      ["Received", 0],
      ["Started", 0],
      ["Terminated", 3],
      ["Not Restarting", 0],
    ],
  );
  await runner.destroy();
  assert.deepEqual(await runtime.disk.list(`${base}/alloc`), []);
  assert.deepEqual(await runtime.disk.list(`${base}/supervision`), []);
});

test("T30: removing an allocation never reaches through a link that its task has made", async () => {
  await runtime.disk.makeDirectory(`${base}/precious`);
  await runtime.disk.writeAtomically(`${base}/precious/file`, Buffer.from("kept"));
  const { runner, ended } = await startReally({
    Config: {
      command: "/bin/sh",
      args: ["-c", `ln -s ${base}/precious local/link; rm -rf ../alloc/data; ln -s ${base}/precious ../alloc/data`],
    },
  });
  await ended;
  await runner.destroy();
  assert.equal(Buffer.from(await runtime.disk.read(`${base}/precious/file`)).toString(), "kept");
  assert.deepEqual(await runtime.disk.list(`${base}/alloc`), []);
});
