import assert from "node:assert/strict";
import { rm, writeFile } from "node:fs/promises";
import { test } from "node:test";
import type { MemoryConsul } from "../../src/consul/memory-consul.ts";
import { Agents } from "./support/agents.ts";
import { ConsulStandIn } from "./support/consul.ts";
import { DevAgent, eventually, freePorts } from "./support/nomad.ts";

/** Agents of the built command with a stand-in for Consul. */

async function standIn(cluster: MemoryConsul[] = []): Promise<ConsulStandIn> {
  const [port = 0] = await freePorts(1);
  return new ConsulStandIn(port, cluster);
}

/** Of a development agent, which opens no ports for other servers. */
const ownServices = ["_nomad-client-nomad-client-http", "_nomad-server-nomad-http"];

/** Serves HTTP on its port while `up` is there; the script passes while `well` is. */
const job = (health: string, extraTag: string) => `
job "web" {
  datacenters = ["dc1"]
  group "app" {
    task "server" {
      driver = "raw_exec"
      config {
        command = "${process.execPath}"
        args = ["-e", "require('http').createServer((q, s) => { s.statusCode = require('fs').existsSync('${health}') ? 200 : 500; s.end() }).listen(process.env.NOMAD_PORT_http, '127.0.0.1')"]
      }
      env { WELL = "${health}" }
      resources { cpu = 20 memory = 64 disk = 150 network { mbits = 1 port "http" {} } }
      service {
        name = "web-server"
        tags = ["\${NOMAD_ALLOC_INDEX}"${extraTag}]
        port = "http"
        check { name = "page" type = "http" path = "/" interval = "1s" timeout = "1s" }
        check { name = "port" type = "tcp" interval = "1s" timeout = "1s" }
        check { name = "script" type = "script" command = "/bin/sh" args = ["-c", "test -e $WELL || exit 2; echo fine"] interval = "1s" timeout = "5s" }
      }
    }
  }
}
`;

test("a task's services and checks, and the agent's own, are in Consul while they are there, and fare as they fare", async () => {
  const consul = await (await standIn()).start();
  const agent = await DevAgent.start({ config: `consul { address = "${consul.address}" token = "the-token" }` });
  try {
    await eventually("the agent's own services", () => (consul.services.length === 2 ? true : undefined));
    assert.deepEqual(consul.services, ownServices);
    const { state } = consul;
    for (const name of ["Nomad Server HTTP Check", "Nomad Client HTTP Check"]) {
      await eventually(`${name} passes`, () => (state.statusOf(name) === "passing" ? true : undefined));
    }
    assert.ok(state.headers.every((headers) => headers["x-consul-token"] === "the-token"));

    const health = `${agent.directory}/well`;
    await agent.jobFile("well", "");
    const ran = await agent.run(["run", await agent.jobFile("web.nomad", job(health, ""))]);
    assert.equal(ran.code, 0, ran.stderr);
    const [allocation] = await agent.get("/v1/allocations");
    const id = `_nomad-executor-${allocation.ID}-server-web-server-0`;
    const service = await eventually("the task's service", () => state.services.get(id));
    const { Networks } = (await agent.get(`/v1/allocation/${allocation.ID}`)).TaskResources.server;
    assert.deepEqual(
      { name: service.Service, tags: service.Tags, address: service.Address, port: service.Port },
      { name: "web-server", tags: ["0"], address: "127.0.0.1", port: Networks[0].DynamicPorts[0].Value },
    );
    for (const check of ["page", "port", "script"]) {
      await eventually(`${check} passes`, () => (state.statusOf(check) === "passing" ? true : undefined));
    }
    await rm(health);
    for (const check of ["page", "script"]) {
      await eventually(`${check} is critical`, () => (state.statusOf(check) === "critical" ? true : undefined));
    }

    const changed = await agent.run(["run", await agent.jobFile("web.nomad", job(health, ', "blue"'))]);
    assert.equal(changed.code, 0, changed.stderr);
    const replaced = await eventually("the service with its new tag, in place of the old one", () =>
      state.services.has(`${id}-blue`) && !state.services.has(id) ? true : undefined,
    );
    assert.ok(replaced);

    await agent.run(["stop", "-yes", "web"]);
    await eventually("the task's services are gone", () => (consul.services.length === 2 ? true : undefined));
    await eventually("the node tells of its Consul", async () => {
      const [node] = await agent.get("/v1/nodes");
      const { Attributes, Links } = await agent.get(`/v1/node/${node.ID}`);
      return Links.consul === `dc1.consul-${consul.port}` && Attributes["consul.version"] === "1.20.1"
        ? true
        : undefined;
    });
    await agent.end("SIGINT");
    assert.deepEqual(consul.services, [], agent.output);
    assert.ok(!agent.output.includes("the-token") && !agent.errors.includes("the-token"));
  } finally {
    await agent.dispose();
    await consul.stop();
  }
});

test("without Consul an agent works and says so once, and when Consul comes, goes and comes again all is registered", async () => {
  const consul = await standIn();
  const agent = await DevAgent.start({ config: `consul { address = "${consul.address}" }` });
  try {
    await eventually("it says so", () => (agent.output.includes("Consul does not answer") ? true : undefined));
    await consul.start();
    await eventually("the agent's own services", () => (consul.services.length === 2 ? true : undefined), 40);
    await eventually("it says so", () => (agent.output.includes("Consul answers") ? true : undefined));
    await consul.stop({ forgets: true });
    await eventually("it says so", () => (agent.output.includes("does not answer any more") ? true : undefined));
    await consul.start();
    await eventually("the agent's own services again", () => (consul.services.length === 2 ? true : undefined), 40);
    assert.equal(agent.output.match(/Consul does not answer, /g)?.length, 1, agent.output);
  } finally {
    await agent.dispose();
    await consul.stop();
  }
});

test("servers join each other, and clients find servers, through Consul", async () => {
  const cluster: MemoryConsul[] = [];
  const consuls = await Promise.all([standIn(cluster), standIn(cluster), standIn(cluster)]);
  for (const consul of consuls) await consul.start();
  const agents = await Agents.begin();
  try {
    const [first, second, third] = consuls.map(({ address }) => `consul { address = "${address}" }`);
    const s1 = await agents.start({ name: "s1", settings: `server { enabled = true bootstrap_expect = 2 } ${first}` });
    const s2 = await agents.start({ name: "s2", settings: `server { enabled = true bootstrap_expect = 2 } ${second}` });
    await s1.knowsLeader();
    await s2.sees({ "s1.global": "alive", "s2.global": "alive" });
    for (const tag of ["HTTP", "RPC", "Serf"]) {
      const name = `Nomad Server ${tag} Check`;
      await eventually(`${name} passes`, () => (consuls[0]?.state.statusOf(name) === "passing" ? true : undefined));
    }
    await agents.start({ name: "c1", settings: `client { enabled = true network_interface = "lo" } ${third}` });
    await s1.seen<{ Status: string }[]>("the node is ready", "/v1/nodes", ([node]) => node?.Status === "ready");
  } finally {
    await agents.dispose();
    for (const consul of consuls) await consul.stop();
  }
});

/** Two tasks that offer something; the second ends as soon as the file is there. */
const lasting = (end: string) => `
job "lasting" {
  datacenters = ["dc1"]
  group "app" {
    restart { attempts = 0 mode = "fail" interval = "1m" delay = "1s" }
    task "on" {
      driver = "raw_exec"
      config { command = "/bin/sh" args = ["-c", "exec sleep 3600"] }
      resources { cpu = 20 memory = 16 disk = 150 }
      service {
        name = "on"
        check { name = "script" type = "script" command = "/bin/true" interval = "1s" timeout = "5s" }
      }
    }
  }
  group "ending" {
    task "ends" {
      driver = "raw_exec"
      config { command = "/bin/sh" args = ["-c", "until test -e ${end}; do sleep 0.1; done"] }
      resources { cpu = 20 memory = 16 disk = 150 }
      service { name = "ends" }
    }
  }
}
`;

test("after a kill -9 of the agent the services of tasks that run on are as they were, and those of one that ended are gone", async () => {
  const consul = await (await standIn()).start();
  const agents = await Agents.begin();
  const { state } = consul;
  try {
    const agent = await agents.start({
      name: "both",
      settings: `server { enabled = true bootstrap_expect = 1 } consul { address = "${consul.address}" }
        client { enabled = true network_interface = "lo" options { "driver.raw_exec.enable" = "1" } }`,
    });
    await agent.seen<{ Status: string }[]>("the node is ready", "/v1/nodes", ([node]) => node?.Status === "ready");
    const end = `${agent.dataDirectory}/end`;
    const ran = await agent.nomad("run", "-detach", await agents.file("lasting.nomad", lasting(end)));
    assert.equal(ran.code, 0, ran.stderr);
    await eventually("the script passes", () => (state.statusOf("script") === "passing" ? true : undefined));
    const named = (name: string) => consul.services.filter((id) => id.endsWith(`-${name}`));
    await eventually("both services", () =>
      named("on").length === 1 && named("ends").length === 1 ? true : undefined,
    );
    const before = consul.services;

    await agent.kill();
    await writeFile(end, "");
    const kept = () => [
      [...state.services.values()].find(({ Service }) => Service === "on"),
      [...state.checks.values()].find(({ Name }) => Name === "script"),
    ];
    const [service, check] = kept();
    assert.deepEqual(consul.services, before);
    agent.restart();
    await eventually("what ended is gone", () => (named("ends").length === 0 ? true : undefined), 40);
    const updates = () => state.requests.filter((request) => request === "PUT /v1/agent/check/update").length;
    const told = updates();
    await eventually("the script is run on", () => (updates() > told + 1 ? true : undefined), 40);
    const left = before.filter((id) => !id.endsWith("-ends"));
    await eventually("nothing is doubled", () =>
      same(
        consul.services.filter((id) => left.includes(id)),
        left,
      )
        ? true
        : undefined,
    );
    assert.equal(named("on").length, 1);
    assert.ok(kept()[0] === service && kept()[1] === check, "neither was registered again");
    assert.equal(state.statusOf("script"), "passing");

    assert.equal(await agent.end("SIGTERM"), 1);
    assert.deepEqual(consul.services, named("on"), "the agent's own are gone, and those of what runs on are not");
    agent.restart();
    await agent.seen<{ Status: string }[]>("the node is ready", "/v1/nodes", ([node]) => node?.Status === "ready");
    await agent.nomad("stop", "-yes", "-detach", "lasting");
    await eventually("the task's service is gone", () => (named("on").length === 0 ? true : undefined));
  } finally {
    await agents.dispose();
    await consul.stop();
  }
});

function same(some: readonly string[], others: readonly string[]): boolean {
  return some.join() === others.join();
}
