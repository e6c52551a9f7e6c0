import assert from "node:assert/strict";
import { accessSync, constants } from "node:fs";
import { test } from "node:test";
import { DevAgent, eventually, freePorts } from "../support/nomad.ts";

const busybox = "/bin/busybox";

interface Seen {
  readonly ID: string;
  readonly ClientStatus: string;
  readonly TaskStates: Readonly<
    Record<string, { readonly Events: readonly { readonly Type: string; readonly ExitCode: number }[] }>
  >;
}

test("T42: a task that finds its port taken by one that never asked for it is told of; the liar, the node and others go on", {
  skip: noBusybox(),
}, async () => {
  const agent = await DevAgent.start();
  try {
    const [port] = await freePorts(1);
    const job = (name: string, args: readonly string[], ports: string) => `job "${name}" {
      datacenters = ["dc1"]
      group "g" {
        restart { attempts = 1 interval = "1h" delay = "1s" mode = "fail" }
        task "t" {
          driver = "raw_exec"
          config { command = "${busybox}" args = ${JSON.stringify(args)} }
          resources { cpu = 20 memory = 16 network { mbits = 1 ${ports} } }
        }
      }
    }`;
    const listens = ["httpd", "-f", "-p", `127.0.0.1:${port}`];
    const become = async (name: string, text: string, status: string) => {
      const { code, stderr } = await agent.run(["run", "-detach", await agent.jobFile(`${name}.nomad`, text)]);
      assert.equal(code, 0, stderr);
      return seen(name, status);
    };
    const seen = (name: string, status: string) =>
      eventually(`${name} is ${status}`, async () =>
        ((await agent.get(`/v1/job/${name}/allocations`)) as Seen[]).find((each) => each.ClientStatus === status),
      );
    await become("liar", job("liar", listens, ""), "running");
    await eventually("the port is taken", () =>
      fetch(`http://127.0.0.1:${port}/`).then(
        () => true,
        () => undefined,
      ),
    );
    const { ID, TaskStates } = await become("owner", job("owner", listens, `port "p" { static = ${port} }`), "failed");
    assert.deepEqual(
      TaskStates.t?.Events.map(({ Type, ExitCode }) => [Type, ExitCode]),
      [
        ["Received", 0],
        ["Started", 0],
        ["Terminated", 1],
        ["Restarting", 0],
        ["Started", 0],
        ["Terminated", 1],
        ["Not Restarting", 0],
      ],
    );
    assert.match((await agent.run(["logs", "-stderr", ID, "t"])).stdout, /Address already in use/);
    await seen("liar", "running");
    await become("honest", job("honest", ["sleep", "1000"], 'port "p" {}'), "running");
  } finally {
    // A dev agent that is asked to end takes its tasks along.
    await agent.end();
    await agent.dispose();
  }
});

function noBusybox(): string | false {
  try {
    accessSync(busybox, constants.X_OK);
    return false;
  } catch (error) {
    return `Debian's busybox-static is needed: ${(error as Error).message}`;
  }
}
