import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { DevAgent, eventually, nomad, plain } from "./support/nomad.ts";

/** The first hour of a new user, with the built command in real processes. */

const service = `
job "web" {
  datacenters = ["dc1"]
  type        = "service"
  meta { owner = "demo" }
  constraint {
    attribute = "\${attr.kernel.name}"
    value     = "linux"
  }
  group "app" {
    count = 2
    restart {
      attempts = 1
      interval = "1m"
      delay    = "1s"
      mode     = "fail"
    }
    task "server" {
      driver = "raw_exec"
      config {
        command = "/bin/sh"
        args    = ["-c", "echo hello from \${NOMAD_TASK_NAME} on \${node.datacenter}; echo oops >&2; env | sort > local/env.txt; i=0; while true; do i=$((i+1)); echo line $i; sleep 0.2; done"]
      }
      env { GREETING = "hi \${NOMAD_ALLOC_INDEX}" }
      resources {
        cpu    = 50
        memory = 32
        disk   = 200
        network {
          mbits = 1
          port "http" {}
        }
      }
      kill_timeout = "2s"
    }
    task "helper" {
      driver = "raw_exec"
      config { command = "/bin/sleep" args = ["3600"] }
      resources { cpu = 20 memory = 16 disk = 200 }
    }
  }
}
`;

let agent: DevAgent;

before(async () => {
  agent = await DevAgent.start();
});
after(() => agent.dispose());

const allocationsOf = (job: string) => agent.get(`/v1/job/${job}/allocations`);

async function running(job: string, count: number) {
  return eventually(`${count} allocations of ${job} run`, async () => {
    const found = await allocationsOf(job);
    const live = found.filter((each: { ClientStatus: string }) => each.ClientStatus === "running");
    return live.length === count ? live : undefined;
  });
}

test("the agent prints its banner, then what raft, serf, the fingerprints and the drivers have to say", async () => {
  await eventually("the state is ready in the log", () => agent.output.includes("state updated to ready") || undefined);
  const { output } = agent;
  const [banner = "", log = ""] = output.split("==> Nomad agent started! Log data will stream in below:\n");
  assert.match(banner, /^ {4}Loaded configuration from .*agent\.hcl\n==> Starting Nomad agent\.\.\.\n/);
  assert.match(banner, /==> Nomad agent configuration:\n\n {17}Atlas: <disabled>\n {16}Client: true\n/);
  assert.match(banner, / {13}Log Level: DEBUG\n {16}Region: global \(DC: dc1\)\n {16}Server: true\n/);
  for (const line of [
    /\[INFO\] serf: EventMemberJoin: vm\.global 127\.0\.0\.1/,
    /\[INFO\] raft: Node at 127\.0\.0\.1:\d+ \[Follower\] entering Follower state \(Leader: ""\)/,
    /\[INFO\] raft: Node at 127\.0\.0\.1:\d+ \[Candidate\] entering Candidate state/,
    /\[DEBUG\] raft: Votes needed: 1/,
    /\[INFO\] raft: Election won\. Tally: 1/,
    /\[INFO\] raft: Node at 127\.0\.0\.1:\d+ \[Leader\] entering Leader state/,
    /\[INFO\] nomad: cluster leadership acquired/,
    /\[DEBUG\] client: applied fingerprints \[arch .*cpu.*memory.*network nomad storage\]/,
    /\[DEBUG\] client: available drivers \[.*raw_exec.*\]/,
    /\[DEBUG\] client: node registration complete/,
    /\[DEBUG\] client: state updated to ready/,
  ]) {
    assert.match(log, line);
  }
  assert.match(log, /^ {4}\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d\.\d{6} \[\w+\] nomad: /m);
});

test("node-status lists the node, and shows it by a prefix of its id", async () => {
  const list = await agent.run(["node-status"]);
  assert.equal(list.code, 0, list.stderr);
  assert.match(
    list.stdout,
    /^ID {8}DC {3}Name {2}Class {3}Drain {2}Status\n[0-9a-f]{8} {2}dc1 {2}vm {4}<none> {2}false {2}ready\n$/,
  );
  const id = list.stdout.split("\n")[1]?.slice(0, 8) ?? "";
  const one = await agent.run(["node-status", "-no-color", id.slice(0, 4)]);
  assert.equal(one.code, 0, one.stderr);
  assert.match(
    one.stdout,
    /^ID {5}= [0-9a-f]{8}\nName {3}= vm\nClass {2}= <none>\nDC {5}= dc1\nDrain {2}= false\nStatus = ready\n/,
  );
  assert.match(one.stdout, /\nAllocated Resources\nCPU +Memory +Disk +IOPS\n/);
  const self = await agent.run(["node-status", "-self", "-stats"]);
  assert.match(plain(self.stdout), /\nMemory Stats\nTotal +=/);
});

test("server-members shows the server as alive and leading", async () => {
  const members = await agent.run(["server-members"]);
  assert.equal(members.code, 0, members.stderr);
  const [header, row] = members.stdout.split("\n");
  assert.match(header ?? "", /^Name +Address +Port +Status +Leader +Protocol +Build +Datacenter +Region$/);
  assert.match(row ?? "", /^vm\.global +127\.0\.0\.1 +\d+ +alive +true +2 +0\.4\.1 +dc1 +global$/);
});

test("a job goes from its file to running processes, and every command tells of it", async () => {
  const file = await agent.jobFile("web.nomad", service);
  assert.equal((await agent.run(["validate", file])).stdout, "Job validation successful\n");
  const plan = await agent.run(["plan", "-no-color", file]);
  assert.equal(plan.code, 1, plan.stderr);
  assert.match(plan.stdout, /\+ Job: "web"\n\+ Task Group: "app" \(2 create\)\n/);
  assert.match(plan.stdout, /- All tasks successfully allocated\.\n/);

  const run = await agent.run(["run", file]);
  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stdout, /^==> Monitoring evaluation "[0-9a-f]{8}"\n {4}Evaluation triggered by job "web"\n/);
  assert.match(run.stdout, /\n {4}Allocation "[0-9a-f]{8}" created: node "[0-9a-f]{8}", group "app"\n/);
  assert.match(run.stdout, /\n==> Evaluation "[0-9a-f]{8}" finished with status "complete"\n$/);

  const [first] = await running("web", 2);
  const status = await agent.run(["status", "-no-color", "web"]);
  assert.match(
    status.stdout,
    /\nSummary\nTask Group {2}Queued {2}Starting {2}Running {2}Failed {2}Complete {2}Lost\napp +0 +0 +2 +0 +0 +0\n/,
  );
  const allocation = await agent.run(["alloc-status", "-no-color", first.ID.slice(0, 8)]);
  assert.match(allocation.stdout, /\nTask "helper" is "running"\n[\s\S]*\nTask "server" is "running"\n/);
  assert.match(allocation.stdout, /http: 127\.0\.0\.1:\d+/);
  assert.match(allocation.stdout, /Started +Task started by client\n.*Received +Task received by client\n/);
  const evaluation = await agent.run(["eval-status", first.EvalID]);
  assert.match(evaluation.stdout, /TriggeredBy += {1,2}job-register\n/);

  const logs = await agent.run(["logs", first.ID, "server"]);
  assert.match(logs.stdout, /^hello from server on dc1\nline 1\n/);
  const errors = await agent.run(["logs", "-stderr", first.ID, "server"]);
  assert.equal(errors.stdout, "oops\n");
  const tail = await agent.run(["logs", "-tail", "-n", "2", first.ID, "server"]);
  assert.match(tail.stdout, /^line \d+\nline \d+\n$/);
  const list = await agent.run(["fs", first.ID, "server"]);
  assert.match(list.stdout, /^Mode +Size +Modified Time +Name\ndrwxrwxrwx .* local\/\n/);
  const environment = await agent.run(["fs", first.ID, "server/local/env.txt"]);
  const index = /\[(\d+)\]$/.exec(first.Name)?.[1];
  for (const line of [
    `GREETING=hi ${index}`,
    `NOMAD_ALLOC_ID=${first.ID}`,
    `NOMAD_ALLOC_NAME=${first.Name}`,
    "NOMAD_CPU_LIMIT=50",
    "NOMAD_MEMORY_LIMIT=32",
    "NOMAD_META_OWNER=demo",
    "NOMAD_TASK_NAME=server",
  ]) {
    assert.ok(environment.stdout.split("\n").includes(line), `${line} in\n${environment.stdout}`);
  }
  assert.match(environment.stdout, /^NOMAD_ADDR_http=127\.0\.0\.1:\d+$/m);
  const inspected = await agent.run(["inspect", "web"]);
  assert.equal(JSON.parse(inspected.stdout).Job.TaskGroups[0].Count, 2);

  const again = await agent.run(["run", file]);
  assert.match(again.stdout, /\n {4}Allocation "[0-9a-f]{8}" modified: node "[0-9a-f]{8}", group "app"\n/);

  const stop = await agent.run(["stop", "web"]);
  assert.equal(stop.code, 0, stop.stderr);
  await eventually("all allocations are complete", async () => {
    const all = await allocationsOf("web");
    return all.every((each: { ClientStatus: string }) => each.ClientStatus === "complete") || undefined;
  });
  const gone = await agent.run(["status", "web"]);
  assert.deepEqual([gone.code, gone.stderr], [1, 'No job(s) with prefix or id "web" found\n']);
});

test("a batch job runs once and is complete; one that fails is restarted by its policy and then failed", async () => {
  const job = (name: string, script: string) => `
    job "${name}" {
      datacenters = ["dc1"]
      type = "batch"
      group "work" {
        restart { attempts = 1 interval = "1m" delay = "1s" mode = "fail" }
        task "once" {
          driver = "raw_exec"
          config { command = "/bin/sh" args = ["-c", "${script}"] }
          resources { cpu = 20 memory = 16 disk = 150 }
        }
      }
    }`;
  const done = await agent.run(["run", await agent.jobFile("good.nomad", job("good", "echo done"))]);
  assert.equal(done.code, 0, done.stderr);
  await agent.run(["run", "-detach", await agent.jobFile("bad.nomad", job("bad", "exit 3"))]);
  const settled = (name: string, status: string) =>
    eventually(`the allocation of ${name} is ${status}`, async () => {
      const [only] = await allocationsOf(name);
      return only?.ClientStatus === status ? only : undefined;
    });
  const good = await settled("good", "complete");
  assert.equal((await agent.run(["logs", good.ID])).stdout, "done\n");
  const bad = await settled("bad", "failed");
  const types = bad.TaskStates.once.Events.map((event: { Type: string }) => event.Type);
  assert.deepEqual(types, [
    "Received",
    "Started",
    "Terminated",
    "Restarting",
    "Started",
    "Terminated",
    "Not Restarting",
  ]);
  assert.match((await agent.run(["alloc-status", bad.ID])).stdout, /Terminated +Exit Code: 3\n/);
});

test("a system job runs on the node, and a job that cannot be placed says why with exit code 2", async () => {
  const system = `job "each" { datacenters = ["dc1"] type = "system" group "g" { task "t" {
    driver = "raw_exec" config { command = "/bin/sleep" args = ["3600"] } resources { cpu = 20 memory = 16 disk = 150 } } } }`;
  const ran = await agent.run(["run", await agent.jobFile("each.nomad", system)]);
  assert.equal(ran.code, 0, ran.stderr);
  await running("each", 1);
  const impossible = system
    .replaceAll('"each"', '"big"')
    .replace('"system"', '"service"')
    .replace("memory = 16", "memory = 9000000");
  const refused = await agent.run(["run", await agent.jobFile("big.nomad", impossible)]);
  assert.equal(refused.code, 2, refused.stdout + refused.stderr);
  assert.match(refused.stdout, /\* Dimension "memory exhausted" exhausted on 1 nodes\n/);
  assert.match(refused.stdout, /Evaluation "[0-9a-f]{8}" waiting for additional capacity to place remainder\n/);
  for (const job of ["each", "big"]) assert.equal((await agent.run(["stop", "-yes", job])).code, 0);
});

test("a followed log goes on while the task writes, and ends with the reader", async () => {
  const file = await agent.jobFile(
    "follow.nomad",
    service.replace('"web"', '"follow"').replace("count = 2", "count = 1"),
  );
  await agent.run(["run", "-detach", file]);
  const [only] = await running("follow", 1);
  const { spawn } = await import("node:child_process");
  const { nomadProgram } = await import("./support/nomad.ts");
  const follower = spawn(nomadProgram, ["logs", "-f", only.ID, "server"], {
    env: { ...process.env, NOMAD_ADDR: agent.address },
  });
  let seen = "";
  follower.stdout.on("data", (chunk) => {
    seen += chunk;
  });
  await eventually("lines 1 to 8 were followed", () => seen.includes("line 8\n") || undefined);
  const ended = new Promise((resolve) => follower.once("exit", resolve));
  follower.kill("SIGINT");
  assert.equal(await ended, 0);
  assert.match(seen, /^hello from server on dc1\nline 1\nline 2\n/);
  assert.equal((await agent.run(["stop", "follow"])).code, 0);
});

test("Ctrl-C ends everything in order, and nothing is left behind", async () => {
  const doomed = await DevAgent.start({ name: "doomed" });
  try {
    const file = await doomed.jobFile("web.nomad", service);
    await doomed.run(["run", "-detach", file]);
    await eventually("two allocations run", async () => {
      const found = await doomed.get("/v1/job/web/allocations");
      const live = found.filter((each: { ClientStatus: string }) => each.ClientStatus === "running");
      return live.length === 2 || undefined;
    });
    const before = processesMentioning(doomed.directory);
    assert.ok(before.length >= 4, "supervisors and tasks are there while the agent runs");
    assert.equal(await doomed.end("SIGINT"), 1);
    const end = doomed.output.slice(doomed.output.indexOf("==> Caught signal: interrupt"));
    const order = [
      "==> Caught signal: interrupt",
      "[DEBUG] http: Shutting down http server",
      "[INFO] agent: requesting shutdown",
      "[INFO] client: shutting down",
      "[INFO] nomad: shutting down server",
      "[WARN] serf: Shutdown without a Leave",
      "[INFO] agent: shutdown complete",
    ].map((line) => end.indexOf(line));
    assert.ok(
      order.every((at, index) => at >= 0 && at > (order[index - 1] ?? -1)),
      end,
    );
    assert.deepEqual(processesMentioning(doomed.directory), []);
    assert.deepEqual(readdirSync(doomed.directory).sort(), ["agent.hcl", "web.nomad"]);
    assert.ok(!readFileSync("/proc/self/mountinfo", "utf8").includes(doomed.directory));
  } finally {
    await doomed.dispose();
  }
});

test("leave_on_interrupt makes Ctrl-C a graceful leave", async () => {
  const polite = await DevAgent.start({ config: "leave_on_interrupt = true" });
  try {
    assert.equal(await polite.end("SIGINT"), 0);
    assert.match(polite.output, /==> Caught signal: interrupt\n==> Gracefully shutting down agent\.\.\.\n/);
    assert.doesNotMatch(polite.output, /Shutdown without a Leave/);
  } finally {
    await polite.dispose();
  }
});

test("a wrong start says what is wrong, and exits with 1", async () => {
  const none = await nomad(["agent"]);
  assert.deepEqual(
    [none.code, none.stderr],
    [1, "==> Must specify either server, client or dev mode for the agent.\n"],
  );
  const loud = await nomad(["agent", "-dev", "-log-level=LOUD"]);
  assert.deepEqual(
    [loud.code, loud.stderr],
    [1, "==> Invalid log level: LOUD. Valid log levels are: [TRACE DEBUG INFO WARN ERR]\n"],
  );
  const missing = await nomad(["agent", "-dev", "-config", "none.hcl"]);
  assert.equal(
    missing.stderr,
    "==> Error loading configuration from none.hcl: stat none.hcl: no such file or directory\n",
  );
  const taken = await nomad(["agent", "-dev", "-config", `${agent.directory}/agent.hcl`]);
  assert.equal(taken.code, 1);
  assert.match(
    taken.stderr,
    /==> Error starting http server: .*listen tcp 127\.0\.0\.1:\d+: bind: address already in use/,
  );
});

/** Command lines of processes that have `text` in their arguments or their working directory. */
function processesMentioning(text: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
    .flatMap((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
        const state = readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /, "")[0];
        const inside = line.includes(text) || (existsSync(`/proc/${pid}/environ`) && environ(pid).includes(text));
        return inside && state !== "Z" && !line.includes(" agent -dev") ? [line] : [];
      } catch {
        return [];
      }
    });
}

function environ(pid: string): string {
  return readFileSync(`/proc/${pid}/environ`, "utf8");
}
