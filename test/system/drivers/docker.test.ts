import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { after, before, describe, test } from "node:test";
import { busyboxImage, type TestImage } from "../../../src/drivers/testing/busybox-image.ts";
import { nodeRuntime } from "../../../src/runtime/node/index.ts";
import { Agents, type TestAgent } from "../support/agents.ts";
import { noEngine, TestEngine } from "../support/docker-engine.ts";
import { eventually, freePorts } from "../support/nomad.ts";

/** Tasks in containers of a real engine: a server, a client that is killed now and then, and an engine that goes away. */

interface Seen {
  readonly ID: string;
  readonly ClientStatus: string;
  readonly TaskStates: Readonly<Record<string, TaskStory>>;
  readonly TaskResources: Readonly<Record<string, { readonly Networks: readonly Network[] }>>;
}

interface TaskStory {
  readonly State: string;
  readonly Events: readonly { readonly Type: string; readonly DriverMessage: string; readonly ExitCode: number }[];
}

interface Network {
  readonly IP: string;
  readonly DynamicPorts: readonly { readonly Label: string; readonly Value: number }[];
}

const image = "nomad-test/system:1";
const skip = noEngine() ?? false;

describe("driver docker with a real engine", { skip }, () => {
  const runtime = nodeRuntime({ logLevel: "ERR", writeLog: () => {} });
  let engine: TestEngine;
  let busybox: TestImage;
  let agents: Agents;
  let server: TestAgent;
  let client: TestAgent;

  before(async () => {
    engine = await TestEngine.start();
    busybox = await busyboxImage(runtime, image, engine.socket);
    agents = await Agents.begin();
    server = await agents.start({ name: "s1", settings: "server { enabled = true bootstrap_expect = 1 }" });
    await server.knowsLeader();
    client = await agents.start({
      name: "c1",
      settings: `client { enabled = true network_interface = "lo" servers = ["${server.rpc}"] options {
        "docker.endpoint" = "unix://${engine.socket}"
        "docker.cleanup.image" = "false"
      } }`,
    });
    await server.seen<readonly { readonly Status: string }[]>("the node is ready", "/v1/nodes", (nodes) =>
      nodes.some(({ Status }) => Status === "ready"),
    );
  });
  after(async () => {
    await agents?.dispose();
    await busybox?.remove().catch(() => undefined);
    await engine?.dispose();
  });

  const job = (name: string, config: string, more = "", type = "service") => `job "${name}" {
    datacenters = ["dc1"] type = "${type}"
    group "g" {
      restart { attempts = 0 interval = "10s" delay = "1s" mode = "fail" }
      task "t" {
        driver = "docker"
        config { image = "${image}" ${config} }
        resources { cpu = 50 memory = 32 disk = 150 ${config.includes("port_map") ? `network { mbits = 1 port "http" {} }` : ""} }
        ${more}
      }
    }
  }`;

  async function ran(name: string, text: string): Promise<void> {
    const { code, stdout, stderr } = await server.nomad("run", "-detach", await agents.file(`${name}.nomad`, text));
    assert.equal(code, 0, stdout + stderr);
  }

  const become = (name: string, status: string): Promise<Seen> =>
    server
      .seen<readonly Seen[]>(`${name} is ${status}`, `/v1/job/${name}/allocations`, (all) =>
        all.some(({ ClientStatus }) => ClientStatus === status),
      )
      .then((all) => server.get<Seen>(`/v1/allocation/${all.find((each) => each.ClientStatus === status)?.ID}`));

  const logged = async (id: string, ...flags: string[]) => (await server.nomad("logs", ...flags, id, "t")).stdout;

  async function stopped(name: string): Promise<void> {
    await server.nomad("stop", "-detach", "-yes", name);
    await become(name, "complete");
    await eventually(`no container of ${name} is left`, async () =>
      (await engine.containers()).length === 0 ? true : undefined,
    );
  }

  test("the node tells which engine it has", async () => {
    const [{ ID } = { ID: "" }] = await server.get<{ ID: string }[]>("/v1/nodes");
    const { Attributes } = await server.get<{ Attributes: Record<string, string> }>(`/v1/node/${ID}`);
    assert.equal(Attributes["driver.docker"], "1");
    const { Version } = JSON.parse(await engine.ask("GET", "/version"));
    assert.equal(Attributes["driver.docker.version"], Version);
    assert.equal(Attributes["docker.privileged.enabled"], undefined);
  });

  test("a container has its port, its directories, its environment and its limits, and is gone at the end", async () => {
    const serve = `echo "from $NOMAD_TASK_NAME" > /alloc/data/index.html; env > /local/local/env.txt; echo up; exec httpd -f -p $NOMAD_PORT_http -h /alloc/data`;
    const config = `command = "sh" args = ["-c", ${JSON.stringify(serve)}] port_map { http = 8080 }
      hostname = "inside" labels { colour = "blue" }`;
    await ran("web", job("web", config, 'env { OWN = "${node.datacenter}" }'));
    const allocation = await become("web", "running");
    const [network] = allocation.TaskResources.t?.Networks ?? [];
    const port = network?.DynamicPorts[0]?.Value;
    const page = await eventually("the page is served", () =>
      fetch(`http://${network?.IP}:${port}/`).then(
        (answer) => answer.text(),
        () => undefined,
      ),
    );
    assert.equal(page, "from t\n");
    const environment = (await server.nomad("fs", allocation.ID, "t/local/env.txt")).stdout.split("\n");
    for (const line of [
      "OWN=dc1",
      "NOMAD_PORT_http=8080",
      `NOMAD_HOST_PORT_http=${port}`,
      `NOMAD_ADDR_http=${network?.IP}:8080`,
      "NOMAD_ALLOC_DIR=/alloc",
      "NOMAD_TASK_DIR=/local",
      "HOSTNAME=inside",
    ]) {
      assert.ok(environment.includes(line), `${line} in ${environment}`);
    }
    assert.ok(!environment.some((line) => line.startsWith("TZ=")), "the agent's environment is not passed on");
    const { Config, HostConfig, Name } = await engine.inspect(`t-${allocation.ID}`);
    assert.deepEqual(
      [Name, HostConfig.Memory, HostConfig.MemorySwap, HostConfig.CpuShares, Config.Labels.colour],
      [`/t-${allocation.ID}`, 32 * 2 ** 20, 32 * 2 ** 20, 50, "blue"],
    );
    assert.equal(await logged(allocation.ID), "up\n");
    await stopped("web");
  });

  test("an exit code is told, and a task that takes more memory than it has is known to", async () => {
    await ran("bad", job("bad", `command = "sh" args = ["-c", "echo oops >&2; exit 3"]`, "", "batch"));
    const bad = await become("bad", "failed");
    assert.equal(bad.TaskStates.t?.Events.find(({ Type }) => Type === "Terminated")?.ExitCode, 3);
    assert.equal(await logged(bad.ID, "-stderr"), "oops\n");
    await ran(
      "hog",
      job("hog", `command = "dd" args = ["if=/dev/zero", "of=/dev/null", "bs=100M", "count=1"]`, "", "batch"),
    );
    const hog = await become("hog", "failed");
    const status = await server.nomad("alloc-status", hog.ID);
    assert.match(status.stdout, /Terminated +Exit Code: 137, Signal: 9, Exit Message: "OOM Killed"/);
    // What failed is tried anew whenever the node comes back.
    for (const name of ["bad", "hog"]) await server.nomad("stop", "-detach", "-yes", name);
  });

  test("an image that is not to be had is told of, and tried again as the restart policy says", async () => {
    const missing = job("missing", "").replace(image, "127.0.0.1:1/no/such:1").replace("attempts = 0", "attempts = 1");
    await ran("missing", missing);
    const { TaskStates } = await become("missing", "failed");
    const types = TaskStates.t?.Events.map(({ Type }) => Type);
    const once = ["Driver", "Driver Failure"];
    assert.deepEqual(types, ["Received", ...once, "Restarting", ...once, "Not Restarting"]);
    assert.equal(TaskStates.t?.Events[1]?.DriverMessage, "Downloading image 127.0.0.1:1/no/such:1");
    await server.nomad("stop", "-detach", "-yes", "missing");
  });

  test("a port in use is waited for as the restart policy says, and a program that is not in the image is not", async () => {
    const [port] = await freePorts(1);
    const holder = createServer().listen(port, "127.0.0.1");
    await once(holder, "listening");
    const late = job("late", `command = "sleep" args = ["1000"] port_map { http = 8080 }`)
      .replace('port "http" {}', `port "http" { static = ${port} }`)
      .replace("attempts = 0", "attempts = 10");
    await ran("late", late);
    const failedOnce = (all: readonly Seen[]) =>
      all.some(({ TaskStates }) => TaskStates.t?.Events.some(({ Type }) => Type === "Restarting"));
    const [waiting] = await server.seen("late waits", "/v1/job/late/allocations", failedOnce);
    assert.match(JSON.stringify(waiting?.TaskStates), /address already in use|port is already allocated/);
    holder.close();
    await become("late", "running");
    await stopped("late");

    await ran("absent", job("absent", `command = "no-such-program"`).replace("attempts = 0", "attempts = 1"));
    const { TaskStates } = await become("absent", "failed");
    assert.deepEqual(
      TaskStates.t?.Events.map(({ Type }) => Type),
      ["Received", "Driver Failure", "Not Restarting"],
    );
    await server.nomad("stop", "-detach", "-yes", "absent");
  });

  test("T37: what the operator has not allowed is refused on the client", async () => {
    await ran("mighty", job("mighty", "privileged = true"));
    const { TaskStates } = await become("mighty", "failed");
    const failure = JSON.stringify(TaskStates.t?.Events);
    assert.match(failure, /Docker privileged mode is disabled on this Nomad agent/);
    assert.deepEqual(await engine.containers(), []);
    await server.nomad("stop", "-detach", "-yes", "mighty");
  });

  test("a task outlives agent and engine: no line is lost or doubled, and there is never a second container", async () => {
    const count = `i=0; while [ $i -lt 100000 ]; do i=$((i+1)); echo line $i; sleep 0.01; done`;
    await ran("count", job("count", `command = "sh" args = ["-c", ${JSON.stringify(count)}]`));
    const { ID } = await become("count", "running");
    const first = await engine.inspect(`t-${ID}`);
    const printed = async () => (await logged(ID)).trimEnd().split("\n");
    const reaches = async (line: number) =>
      eventually(`line ${line} is logged`, async () => ((await printed()).length > line ? true : undefined), 60);
    await reaches(20);
    for (let death = 0; death < 3; death++) {
      const before = (await printed()).length;
      await client.kill();
      client.restart();
      await reaches(before + 50);
    }
    const before = (await printed()).length;
    await engine.end();
    await engine.begin();
    await reaches(before + 50);
    const lines = await printed();
    assert.deepEqual(
      lines,
      lines.map((_, at) => `line ${at + 1}`),
    );
    const last = await engine.inspect(`t-${ID}`);
    assert.deepEqual([last.Id, last.State.StartedAt], [first.Id, first.State.StartedAt]);
    assert.deepEqual(await engine.containers(), [`t-${ID}`]);
    const { TaskStates } = await become("count", "running");
    assert.deepEqual(
      TaskStates.t?.Events.map(({ Type }) => Type),
      ["Received", "Started"],
    );
    await stopped("count");
  });

  test("a task that ends while the agent is away is known to have ended, with its code and all its output", async () => {
    await ran(
      "brief",
      job("brief", `command = "sh" args = ["-c", "echo before; sleep 2; echo after; exit 5"]`, "", "batch"),
    );
    const { ID } = await become("brief", "running");
    await client.kill();
    await eventually("the container has ended", async () =>
      (await engine.inspect(`t-${ID}`)).State.Running ? undefined : true,
    );
    client.restart();
    const { TaskStates } = await become("brief", "failed");
    assert.equal(TaskStates.t?.Events.find(({ Type }) => Type === "Terminated")?.ExitCode, 5);
    assert.equal(await logged(ID), "before\nafter\n");
  });
});
