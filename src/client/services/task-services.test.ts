import assert from "node:assert/strict";
import { test } from "node:test";
import { minutes, SeededRandom, seconds } from "../../base/index.ts";
import { ConsulApi, MemoryConsul, ServiceRegistrar } from "../../consul/index.ts";
import { type Driver, type ExecOptions, type ExecResult, mockDriver } from "../../drivers/index.ts";
import { type FakeRuntime, fakeRuntime } from "../testing/fake-runtime.ts";
import { someAllocation, someJob } from "../testing/makers.ts";
import { runAllocation } from "../testing/run-allocation.ts";

const script = { Name: "script", Type: "script", Command: "/bin/check", Args: ["${NOMAD_TASK_NAME}"], Interval: 10e9 };
const web = (tag: string) => ({ Name: "web", Tags: [tag], Checks: [{ ...script, Timeout: 3e9 }] });
const id = (task: string, tag: string) => `_nomad-executor-11111111-1111-4111-8111-111111111111-${task}-web-${tag}`;

interface Asked extends ExecOptions {
  readonly command: string;
  readonly args: readonly string[];
}

/** The mock driver, whose tasks run scripts as a test says. */
function driverWith(runtime: FakeRuntime, exec: (asked: Asked) => Promise<ExecResult>): Driver<unknown> {
  const driver = mockDriver(runtime) as Driver<unknown>;
  return {
    ...driver,
    start: async (task) => ({
      ...(await driver.start(task)),
      exec: (command, args, options) => exec({ command, args, ...options }),
    }),
  };
}

async function world(options: {
  readonly tasks: readonly { readonly Name: string; readonly [field: string]: unknown }[];
  readonly exec?: (asked: Asked) => Promise<ExecResult>;
  readonly consul?: MemoryConsul;
}) {
  const { consul = new MemoryConsul(), tasks, exec } = options;
  const runtime = fakeRuntime();
  const api = new ConsulApi(runtime.clock, consul, { token: "", auth: "", timeout: seconds(5) });
  const registrar = new ServiceRegistrar({ ...runtime, random: new SeededRandom("services") }, api);
  const ending = new AbortController();
  const running = registrar.run(ending.signal);
  await runtime.clock.advance(seconds(0));
  const drivers = [exec === undefined ? (mockDriver(runtime) as Driver<unknown>) : driverWith(runtime, exec)];
  const job = (changed: typeof tasks) => someAllocation({ Job: someJob({ tasks: changed }), AllocModifyIndex: 11 });
  const { runner, story } = await runAllocation(job(tasks), { runtime, drivers, consul: { api, registrar } });
  const end = async () => {
    ending.abort();
    await running;
  };
  return { runtime, consul, runner, story, job, end, ids: () => [...consul.services.keys()].sort() };
}

const longRunning = { Config: { run_for: "10m" } };

test("a task's services are there from its start to its end, and all its siblings' are their own", async () => {
  const { runtime, ids, end } = await world({
    tasks: [
      { Name: "web", Config: { run_for: "10s" }, Services: [web("a")] },
      { Name: "web-web", ...longRunning, Services: [web("b")] },
    ],
  });
  assert.deepEqual(ids(), [id("web", "a"), id("web-web", "b")].sort());
  await runtime.clock.advance(seconds(10));
  assert.deepEqual(ids(), [id("web-web", "b")]);
  await end();
});

test("a task that is started again offers its services again, and none in between", async () => {
  const { runtime, ids, end } = await world({
    tasks: [{ Name: "web", Config: { run_for: "10s", exit_code: 1 }, Services: [web("a")] }],
  });
  await runtime.clock.advance(seconds(10));
  assert.deepEqual(ids(), []);
  await end();
});

test("what an update adds and takes away is there, and gone, at once", async () => {
  const tasks = (services: readonly unknown[]) => [{ Name: "web", ...longRunning, Services: services }];
  const { runtime, runner, job, ids, end } = await world({ tasks: tasks([web("a")]) });
  runner.update(job(tasks([web("b"), { ...web("c"), Name: "other" }])));
  await runtime.clock.advance(seconds(0));
  assert.equal(ids().length, 2);
  runner.update(job(tasks([])));
  await runtime.clock.advance(seconds(0));
  assert.deepEqual(ids(), []);
  await end();
});

test("a task that is stopped is out of the catalogue before it has ended", async () => {
  const { runtime, runner, ids, story, end } = await world({
    tasks: [{ Name: "web", Config: { run_for: "10m", kill_after: "3s" }, Services: [web("a")] }],
  });
  const destroyed = runner.destroy();
  await runtime.clock.advance(seconds(0));
  assert.deepEqual(ids(), []);
  assert.ok(!story().some((event) => event.startsWith("Killed")));
  await runtime.clock.advance(seconds(4));
  await destroyed;
  await end();
});

test("tasks that the agent leaves running keep their services", async () => {
  const { runtime, runner, ids, end } = await world({ tasks: [{ Name: "web", ...longRunning, Services: [web("a")] }] });
  await runner.detach();
  await runtime.clock.advance(minutes(2));
  assert.deepEqual(ids(), [id("web", "a")]);
  await end();
});

test("T42: a script is run at its interval with the task's variables, and Consul is told what it says", async () => {
  const asked: Asked[] = [];
  const results: ExecResult[] = [
    { exitCode: 0, timedOut: false, output: "fine" },
    { exitCode: 1, timedOut: false, output: "hm" },
    { exitCode: 7, timedOut: false, output: "broken" },
    { exitCode: 137, timedOut: true, output: "" },
  ];
  const { runtime, consul, runner, end } = await world({
    tasks: [{ Name: "web", ...longRunning, Env: { MINE: "yes" }, Services: [web("a")] }],
    exec: async (options) => {
      asked.push(options);
      return results[asked.length - 1] ?? Promise.reject(new Error("cannot be run"));
    },
  });
  const told: (string | undefined)[] = [];
  const outcome = () => [...consul.checks.values()].map(({ Status, Output }) => `${Status}: ${Output}`)[0];
  told.push(outcome());
  for (let run = 0; run < 5; run++) {
    await runtime.clock.advance(seconds(10));
    told.push(outcome());
  }
  assert.deepEqual(told, [
    "critical: ",
    "passing: fine",
    "warning: hm",
    "critical: broken",
    "critical: the script did not end within 3s",
    "critical: cannot be run",
  ]);
  const [first] = asked;
  assert.deepEqual([first?.command, first?.args, first?.env.MINE], ["/bin/check", ["web"], "yes"]);
  assert.deepEqual([first?.timeout, first?.outputBytes], [seconds(3), 4096]);
  void runner.destroy();
  await runtime.clock.advance(seconds(0));
  await runtime.clock.advance(minutes(5));
  assert.equal(asked.length, 5);
  await end();
});

test("a script's outcome is not lost on a Consul that comes later", async () => {
  const rare = { ...script, Interval: 600e9 };
  const consul = new MemoryConsul();
  consul.isThere = false;
  const { runtime, end } = await world({
    tasks: [{ Name: "web", Config: { run_for: "1h" }, Services: [{ ...web("a"), Checks: [rare] }] }],
    exec: async () => ({ exitCode: 0, timedOut: false, output: "" }),
    consul,
  });
  await runtime.clock.advance(minutes(10));
  consul.isThere = true;
  await runtime.clock.advance(seconds(31));
  assert.deepEqual(
    [...consul.checks.values()].map(({ Status }) => Status),
    ["passing"],
  );
  await end();
});

test("where the driver runs no scripts the service is there, and critical", async () => {
  const { runtime, consul, ids, end } = await world({ tasks: [{ Name: "web", ...longRunning, Services: [web("a")] }] });
  await runtime.clock.advance(seconds(10));
  assert.deepEqual(ids(), [id("web", "a")]);
  assert.deepEqual(
    [...consul.checks.values()].map(({ Status, Output }) => [Status, Output]),
    [["critical", "the task's driver runs no scripts"]],
  );
  await end();
});
