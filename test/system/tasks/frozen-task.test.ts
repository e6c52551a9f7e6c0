import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { DevAgent, eventually } from "../support/nomad.ts";

/** A task that hangs in the kernel, as an agent of the built command tells of it. */

const freezer = "/sys/fs/cgroup/freezer";
const skip = existsSync(`${freezer}/cgroup.procs`) && process.geteuid?.() === 0 ? false : "needs root and cgroups v1";

const job = (name: string, command: string) => `
job "${name}" {
  datacenters = ["dc1"]
  group "app" {
    task "main" {
      driver = "raw_exec"
      kill_timeout = "1s"
      config { command = "/bin/sh" args = ["-c", "${command}"] }
      resources { cpu = 20 memory = 16 disk = 150 }
    }
  }
}
`;

test("a task that hangs is reported as being killed, and others start within a second (R30)", { skip }, async () => {
  const agent = await DevAgent.start();
  const cell = join(freezer, `nomad-test-agent-${process.pid}`);
  mkdirSync(cell);
  try {
    const pidFile = join(agent.directory, "pid");
    await agent.jobFile("stuck.nomad", job("stuck", `echo $$ > ${pidFile}; exec sleep 600`));
    await agent.jobFile("next.nomad", job("next", "exec sleep 600"));
    assert.equal((await agent.run(["run", "-detach", "stuck.nomad"])).code, 0);
    const states = async (name: string) => (await agent.get(`/v1/job/${name}/allocations`))[0]?.TaskStates?.main;
    await eventually("it runs", async () => (await states("stuck"))?.State === "running" || undefined);
    const pid = await eventually("it says its process", () => readFileSync(pidFile, "utf8").trim() || undefined);
    writeFileSync(join(cell, "cgroup.procs"), pid);
    writeFileSync(join(cell, "freezer.state"), "FROZEN");

    assert.equal((await agent.run(["stop", "-detach", "stuck"])).code, 0);
    const last = async () => (await states("stuck"))?.Events.at(-1)?.Type;
    await eventually("the kill is told of", async () => (await last()) === "Killing" || undefined);
    assert.equal((await agent.run(["run", "-detach", "next.nomad"])).code, 0);
    await eventually("the next one runs", async () => (await states("next"))?.State === "running" || undefined, 1);
    // Its kill timeout of a second passes, and it is still there.
    await eventually("SIGKILL waits for it", () => hasPending(pid, 9) || undefined);
    assert.deepEqual([await last(), (await states("stuck")).State], ["Killing", "running"]);

    writeFileSync(join(cell, "freezer.state"), "THAWED");
    await eventually("it is told to have ended", async () => (await last()) === "Killed" || undefined);
  } finally {
    writeFileSync(join(cell, "freezer.state"), "THAWED");
    await agent.run(["stop", "-detach", "next"]);
    await agent.end();
    await agent.dispose();
    rmdirSync(cell);
  }
});

/** Whether the signal was sent to the process and has not reached it. */
function hasPending(pid: string, signal: number): boolean {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const masks = [...status.matchAll(/^(?:Sig|Shd)Pnd:\s+([0-9a-f]+)$/gm)].map(([, mask]) => BigInt(`0x${mask}`));
  return masks.some((mask) => ((mask >> BigInt(signal - 1)) & 1n) === 1n);
}
