import assert from "node:assert/strict";
import { test } from "node:test";
import { DevAgent, eventually } from "./support/nomad.ts";

/** `nomad explain` of the built command, and that its advice holds when it is taken. */

const job = (memory: number) => `
job "big" {
  datacenters = ["dc1"]
  constraint {
    attribute = "\${attr.kernel.name}"
    value     = "linux"
  }
  group "app" {
    task "server" {
      driver = "raw_exec"
      config { command = "/bin/sleep" args = ["3600"] }
      resources { cpu = 20 memory = ${memory} disk = 150 }
    }
  }
}
`;

test("a job that has no place is explained, and runs once it asks for as much as was told", async () => {
  const agent = await DevAgent.start();
  try {
    const run = async (memory: number) => {
      const { code, stderr } = await agent.run(["run", "-detach", await agent.jobFile("big.nomad", job(memory))]);
      assert.equal(code, 0, stderr);
    };
    /** What is told once it contains `text`. */
    const told = (text: string) =>
      eventually(`"${text}" is told`, async () => {
        const { code, stdout, stderr } = await agent.run(["explain", "-no-color", "big"]);
        assert.equal(code, 0, stderr);
        return stdout.includes(text) ? stdout : undefined;
      });
    await run(50_000_000);
    const stuck = await told("has waited for room for ");
    assert.equal(stuck.split("\n")[0], 'Job "big" (service) does not run as it should: 0 of 1 run, 1 has no place');
    assert.match(stuck, /\n {2}\* 1 node lacks memory: 50000000 MiB needed, \d+ MiB free\n/);
    const [, most] = /Ask for at most (\d+) MiB of memory in task "server" \(now 50000000\)/.exec(stuck) ?? [];
    await run(Number(most) + 1);
    await told(`${Number(most) + 1} MiB needed`);
    await run(Number(most));
    await told('Job "big" (service) runs as it should: 1 of 1 runs\n');

    const nobody = await agent.run(["explain", "nosuch"]);
    assert.deepEqual([nobody.code, nobody.stderr], [1, 'No job or evaluation with prefix or id "nosuch" found\n']);
  } finally {
    await agent.end();
    await agent.dispose();
  }
});
