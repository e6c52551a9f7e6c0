import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
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
