import assert from "node:assert/strict";
import { test } from "node:test";
import { minutes, SeededRandom, seconds } from "../base/index.ts";
import { logInto, ManualClock } from "../runtime/index.ts";
import { ConsulApi } from "./consul-api.ts";
import { MemoryConsul } from "./memory-consul.ts";
import { ServiceRegistrar } from "./service-registrar.ts";
import { someService } from "./testing/entries.ts";

/** A registrar at work, with a clock that is moved by hand. */
function registrar(consul = new MemoryConsul(), owner?: string) {
  const clock = new ManualClock();
  const logged: string[] = [];
  const log = logInto(({ level, phrase }) => logged.push(`${level} ${phrase}`));
  const api = new ConsulApi(clock, consul, { token: "", auth: "", timeout: seconds(5) });
  const services = new ServiceRegistrar({ clock, log, random: new SeededRandom("consul") }, api);
  if (owner !== undefined) services.ownAs(owner);
  const ending = new AbortController();
  const running = services.run(ending.signal);
  const kill = async () => {
    ending.abort();
    await running;
  };
  return { consul, clock, logged, services, kill, ids: () => [...consul.services.keys()].sort() };
}

const ofTask = (task: string, meta = {}) => someService(`executor-a-${task}`, "s", { meta }, ["alive"]);

test("what is wanted is registered at once, kept, and registered again when Consul has forgotten it", async () => {
  const { consul, clock, services, ids, kill } = registrar();
  await clock.advance(seconds(1));
  services.set("executor-a-web", [ofTask("web")]);
  await clock.advance(seconds(0));
  assert.deepEqual(ids(), ["_nomad-executor-a-web-s"]);
  assert.equal(consul.checks.size, 1);
  consul.services.clear();
  consul.checks.clear();
  await clock.advance(seconds(5));
  assert.deepEqual([ids(), consul.checks.size], [["_nomad-executor-a-web-s"], 1]);
  await kill();
});

test("while nothing changes Consul is only read, every five seconds or a little sooner", async () => {
  const { consul, clock, services, kill } = registrar();
  services.set("executor-a-web", [ofTask("web")]);
  await clock.advance(seconds(1));
  consul.requests.length = 0;
  await clock.advance(minutes(1));
  assert.deepEqual(new Set(consul.requests), new Set(["GET /v1/agent/services", "GET /v1/agent/checks"]));
  assert.ok(consul.requests.length >= 24 && consul.requests.length <= 28, String(consul.requests.length));
  await kill();
});

test("a service that an update takes away is deregistered at once", async () => {
  const { clock, services, ids, kill } = registrar();
  services.set("executor-a-web", [ofTask("web"), someService("executor-a-web", "admin")]);
  await clock.advance(seconds(1));
  services.set("executor-a-web", [ofTask("web")]);
  await clock.advance(seconds(0));
  assert.deepEqual(ids(), ["_nomad-executor-a-web-s"]);
  services.set("executor-a-web", []);
  await clock.advance(seconds(0));
  assert.deepEqual(ids(), []);
  await kill();
});

test("without Consul one line is said, tries become rare, and nothing piles up", async () => {
  const consul = new MemoryConsul();
  consul.isThere = false;
  const { clock, services, logged, ids, kill } = registrar(consul);
  services.set("server", [someService("server", "nomad")]);
  for (let task = 0; task < 50; task++) {
    services.set(`executor-a-${task}`, [ofTask(String(task))]);
    await clock.advance(minutes(1));
    services.set(`executor-a-${task}`, []);
  }
  assert.deepEqual(logged, ["INFO Consul does not answer, trying on"]);
  consul.isThere = true;
  await clock.advance(seconds(30));
  assert.deepEqual(ids(), ["_nomad-server-nomad"]);
  consul.isThere = false;
  await clock.advance(minutes(5));
  consul.isThere = true;
  await clock.advance(minutes(1));
  assert.deepEqual(logged.slice(1), [
    "INFO Consul answers",
    "WARN Consul does not answer any more, trying on",
    "INFO Consul answers",
  ]);
  assert.ok(consul.requests.every((request) => !request.includes("executor")));
  await kill();
});

test("what ended while Consul was away is deregistered when it is back", async () => {
  const { consul, clock, services, ids, kill } = registrar();
  services.set("executor-a-web", [ofTask("web")]);
  await clock.advance(seconds(1));
  consul.isThere = false;
  await clock.advance(seconds(10));
  services.set("executor-a-web", []);
  await clock.advance(seconds(30));
  consul.isThere = true;
  await clock.advance(seconds(30));
  assert.deepEqual(ids(), []);
  await kill();
});

test("after a kill, tasks that still run are not doubled nor begun anew, and those that ended meanwhile are deregistered", async () => {
  const consul = new MemoryConsul();
  const first = registrar(consul, "node-1");
  const marks = first.services.marks;
  for (const task of ["web", "told", "gone", "slow"]) first.services.set(`executor-a-${task}`, [ofTask(task, marks)]);
  await first.clock.advance(seconds(1));
  await first.kill();
  for (const check of consul.checks.values()) check.Status = "passing";

  const second = registrar(consul, "node-1");
  for (const task of ["web", "told", "slow"]) second.services.hold(`executor-a-${task}`);
  second.services.set("executor-a-web", [ofTask("web", marks)]);
  await second.clock.advance(seconds(10));
  // Its runner has found out that it ended.
  second.services.set("executor-a-told", []);
  await second.clock.advance(seconds(1));
  assert.deepEqual(
    second.ids(),
    ["gone", "slow", "web"].map((task) => `_nomad-executor-a-${task}-s`),
  );
  await second.clock.advance(minutes(2));
  assert.deepEqual(second.ids(), ["_nomad-executor-a-slow-s", "_nomad-executor-a-web-s"]);
  // It takes long to find it again.
  second.services.set("executor-a-slow", []);
  await second.clock.advance(seconds(1));
  assert.deepEqual(second.ids(), ["_nomad-executor-a-web-s"]);
  assert.deepEqual(
    [...consul.checks.values()].map(({ Status }) => Status),
    ["passing"],
  );
  await second.kill();
});

test("services of other nodes and of other programs that share Consul's agent are left alone", async () => {
  const consul = new MemoryConsul();
  const other = registrar(consul, "node-2");
  other.services.set("executor-b-web", [someService("executor-b-web", "s", { meta: other.services.marks })]);
  await other.clock.advance(seconds(1));
  for (const ID of ["_nomad-executor-c-web-s", "_nomad-server-nomad-http", "postgres"]) {
    consul.services.set(ID, { ID, Service: "s", Tags: [], Address: "", Port: 0, Meta: {} });
  }
  const before = [...consul.services.keys()].sort();
  const ours = registrar(consul, "node-1");
  await ours.clock.advance(minutes(10));
  assert.deepEqual(ours.ids(), before);
  await Promise.all([ours.kill(), other.kill()]);
});

test("what Consul refuses is said once, and the rest is registered all the same", async () => {
  const { consul, clock, services, logged, ids, kill } = registrar();
  consul.instead.set("/v1/agent/check/register", { status: 403, body: "Permission denied" });
  services.set("executor-a-web", [ofTask("web"), someService("executor-a-web", "z")]);
  await clock.advance(minutes(1));
  assert.deepEqual(ids(), ["_nomad-executor-a-web-s", "_nomad-executor-a-web-z"]);
  assert.deepEqual(logged, ["INFO Consul answers", "WARN Consul refuses"]);
  consul.instead.clear();
  await clock.advance(seconds(5));
  assert.equal(consul.checks.size, 1);
  await kill();
});

test("at the end the agent's own go, and those of tasks that run on stay", async () => {
  const { clock, services, ids, kill } = registrar();
  services.set("server", [someService("server", "nomad")]);
  services.set("executor-a-web", [ofTask("web")]);
  await clock.advance(seconds(1));
  services.leave("executor-a-web");
  await kill();
  await services.end(["server"]);
  assert.deepEqual(ids(), ["_nomad-executor-a-web-s"]);
});

test("an end with a Consul that has fallen silent takes two seconds and no longer", async () => {
  const { consul, clock, services, kill } = registrar();
  services.set("server", [someService("server", "nomad")]);
  await clock.advance(seconds(1));
  await kill();
  consul.send = ({ signal }) =>
    new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason), { once: true }));
  let ended = false;
  void services.end(["server"]).then(() => {
    ended = true;
  });
  await clock.advance(seconds(1.9));
  assert.equal(ended, false);
  await clock.advance(seconds(0.2));
  assert.equal(ended, true);
  assert.equal(clock.waiting, 0);
});
