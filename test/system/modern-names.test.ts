import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DevAgent, eventually } from "./support/nomad.ts";

/** The built command by its names of 1.x, beside a real agent. */
let agent: DevAgent;

before(async () => {
  agent = await DevAgent.start();
  const service = (name: string) => `job "${name}" {
  datacenters = ["dc1"]
  group "app" {
    task "clock" {
      driver = "raw_exec"
      config {
        command = "/bin/sh"
        args = ["-c", "echo hello; exec sleep 600"]
      }
      resources {
        cpu = 20
        memory = 10
      }
    }
  }
}
`;
  await agent.jobFile("web.nomad", service("web"));
  await agent.jobFile("late.nomad", service("late"));
  const nightly = `job "nightly" {
  datacenters = ["dc1"]
  type = "batch"
  periodic {
    cron = "0 0 1 1 *"
  }
  group "app" {
    task "once" {
      driver = "raw_exec"
      config {
        command = "/bin/true"
      }
      resources {
        cpu = 20
        memory = 10
      }
    }
  }
}
`;
  await agent.jobFile("nightly.nomad", nightly);
});

after(async () => {
  await agent.run(["job", "stop", "-purge", "-detach", "-yes", "web"]);
  await agent.end();
  await agent.dispose();
});

/** What a command printed that succeeded. */
async function said(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await agent.run(args);
  assert.deepEqual([code, stderr], [0, ""], args.join(" "));
  return stdout;
}

const only = (template: string, ...args: readonly string[]) =>
  said(...args, "-t", `{{range .}}${template}{{end}}`).then((text) => text.trim());

test("a job is run and looked at, and so is whatever has an ID", async () => {
  assert.equal(await said("job", "validate", "web.nomad"), "Job validation successful\n");
  assert.equal((await agent.run(["job", "plan", "web.nomad"])).code, 1);
  assert.match(await said("job", "run", "web.nomad"), /finished with status "complete"\n$/);
  assert.match(await said("job", "status", "web"), /\nAllocations\nID .*\n[0-9a-f]{8} .* app .*\n$/);

  const allocation = JSON.parse(await said("job", "allocs", "-json", "web"))[0];
  await eventually(
    "the task runs",
    async () => (await said("alloc", "status", allocation.ID)).includes("= running") || undefined,
  );
  await eventually(
    "it has said something",
    async () => (await said("alloc", "logs", allocation.ID)) === "hello\n" || undefined,
  );
  assert.match(await said("alloc", "fs", allocation.ID, "alloc/logs"), / clock\.stdout\.0\n$/);

  const node = await only("{{.ID}}", "node", "status");
  for (const [id, start] of [
    [allocation.ID, /^ID {12}= /],
    [allocation.EvalID, /^ID {17}= /],
    [node, /^ID {5}= /],
  ] as const) {
    for (const given of [id, id.slice(0, 8)]) assert.match(await said("status", given), start);
  }
  assert.equal(await said("status", "-t", "{{.Name}}", allocation.ID), "web.app[0]\n");
});

test("a node that may not be given work gets none, until it may", async () => {
  assert.match(await said("node", "eligibility", "-self", "-disable"), /set: ineligible for scheduling\n$/);
  const { code, stdout } = await agent.run(["job", "run", "late.nomad"]);
  assert.equal(code, 2, stdout);
  assert.match(await said("node", "eligibility", "-self", "-enable"), /set: eligible for scheduling\n$/);
  await eventually("the job is placed", async () => {
    return (await said("job", "allocs", "late")).includes(" run ") || undefined;
  });
  assert.match(await said("eval", "list", "-job=late"), /^ID .*\n(?:[0-9a-f]{8} .* late .*\n)+$/);
});

test("a job is looked at anew, launched before its time, stopped and collected", async () => {
  assert.match(await said("job", "eval", "web"), /finished with status "complete"\n$/);
  assert.match(await said("job", "run", "nightly.nomad"), /^Job registration successful\n/);
  assert.match(await said("job", "periodic", "force", "nightly"), /triggered by job "nightly\/periodic-[0-9]+"\n/);
  assert.match(await said("job", "stop", "late"), /finished with status "complete"\n$/);
  assert.match(await said("job", "status", "-short", "late"), /\nStatus {6}= dead\n/);
  assert.equal(await said("system", "reconcile", "summaries"), "");
  await eventually("the stopped job is collected", async () => {
    assert.equal(await said("system", "gc"), "");
    return (await agent.run(["job", "status", "late"])).code === 1 || undefined;
  });
});

test("servers and their tools are reached too", async () => {
  assert.equal(await only("{{.Status}}", "server", "members"), "alive");
  assert.match(await said("operator", "raft", "list-peers"), /leader/);
  assert.match(await said("operator", "keygen"), /^[A-Za-z0-9+/]{43}=\n$/);
  assert.match(await said("agent-info", "-t", "{{.Stats.nomad.leader}}"), /^true\n$/);
});
