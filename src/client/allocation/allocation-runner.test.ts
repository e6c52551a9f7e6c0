import assert from "node:assert";
import { test } from "node:test";
import { hours, minutes, seconds, whenAborted } from "../../base/index.ts";
import { type Driver, DriverStartError, mockDriver } from "../../drivers/index.ts";
import type { Job } from "../../model/index.ts";
import { fakeRuntime } from "../testing/fake-runtime.ts";
import { someAllocation, someJob, type TaskFields } from "../testing/makers.ts";
import { runAllocation } from "../testing/run-allocation.ts";

const oneMinute = { run_for: "1m" };

/** An allocation of a job with these tasks; `policy` is the group's restart policy. */
function allocationOf(tasks: readonly TaskFields[], fields: { type?: string; policy?: object } = {}) {
  const job = someJob({ Type: fields.type ?? "batch", tasks });
  const group = { ...job.TaskGroups[0], ...(fields.policy && { RestartPolicy: fields.policy }) };
  return someAllocation({ Job: { ...job, TaskGroups: [group] } as Job });
}

test("a batch task that succeeds is received, started, terminated, and its allocation complete", async () => {
  const { runtime, story, state } = await runAllocation(allocationOf([{ Config: oneMinute }]));
  assert.deepEqual(story(), ["Received", "Started"]);
  assert.equal(state()?.ClientStatus, "running");
  await runtime.clock.advance(minutes(1));
  assert.deepEqual(story(), ["Received", "Started", "Terminated: Exit Code: 0"]);
  assert.equal(state()?.ClientStatus, "complete");
  assert.equal(state()?.TaskStates.web?.State, "dead");
});

test("a task that fails is restarted within its policy, and then fails the allocation", async () => {
  const policy = { Attempts: 1, Interval: 60e9, Delay: 1e9, Mode: "fail" };
  const { runtime, story, state } = await runAllocation(allocationOf([{ Config: { exit_code: 3 } }], { policy }));
  assert.equal(state()?.ClientStatus, "pending");
  await runtime.clock.advance(seconds(2));
  assert.deepEqual(
    story().map((line) => line.replace(/in 1\.\d+s/, "in 1.…s")),
    [
      "Received",
      "Started",
      "Terminated: Exit Code: 3",
      "Restarting: Task restarting in 1.…s",
      "Started",
      "Terminated: Exit Code: 3",
      'Not Restarting: Exceeded allowed attempts 1 in interval 1m0s and mode is "fail"',
    ],
  );
  assert.equal(state()?.ClientStatus, "failed");
  assert.deepEqual([state()?.TaskStates.web?.Failed, state()?.TaskStates.web?.Restarts], [true, 1]);
});

test("what becomes of a task is counted: its starts, its restarts, and how it ended for good", async () => {
  const fake = fakeRuntime();
  const counted: string[] = [];
  const count = (name: readonly string[], by?: number, labels?: object) =>
    void counted.push(`${name.join(".")} ${by} ${JSON.stringify(labels)}`);
  const runtime = { ...fake, metrics: { ...fake.metrics, count } };
  const mock = mockDriver(runtime);
  /** Its first run ends for want of memory. */
  let starts = 0;
  const greedy: typeof mock = {
    ...mock,
    start: async (config) => {
      const running = await mock.start(config);
      const isFirst = ++starts === 1;
      return { ...running, exited: running.exited.then((exit) => ({ ...exit, oomKilled: isFirst })) };
    },
  };
  const policy = { Attempts: 1, Interval: 60e9, Delay: 1e9, Mode: "fail" };
  const allocation = allocationOf([{ Config: { exit_code: 3 } }], { policy });
  await runAllocation(allocation, { runtime, drivers: [greedy] });
  await runtime.clock.advance(seconds(2));
  const { JobID: job, TaskGroup: task_group, ID: alloc_id, Namespace: namespace } = allocation;
  const labels = JSON.stringify({ job, task_group, alloc_id, task: "web", namespace });
  assert.deepEqual(
    counted.splice(0),
    ["running", "oom_killed", "restart", "running", "failed"].map((what) => `client.allocs.${what} 1 ${labels}`),
  );
  await runAllocation(allocationOf([{ Config: oneMinute }]), { runtime });
  await runtime.clock.advance(minutes(1));
  assert.deepEqual(
    counted.map((line) => line.split(" ")[0]),
    ["client.allocs.running", "client.allocs.complete"],
  );
});

test("T48: a clock that is set meanwhile shows in a task's events, and its restart keeps to its delay", async () => {
  const policy = { Attempts: 1, Interval: 60e9, Delay: 10e9, Mode: "fail" };
  const config = { exit_code: 3, run_for: "5s" };
  const { runtime, story, state } = await runAllocation(allocationOf([{ Config: config }], { policy }));
  const begun = runtime.clock.now();
  for (const by of [hours(24), hours(-48)]) {
    runtime.clock.setWallClock(by);
    await runtime.clock.advance(seconds(4));
  }
  assert.match(story().at(-1) ?? "", /^Restarting/);
  await runtime.clock.advance(seconds(6));
  assert.match(story().at(-1) ?? "", /^Restarting/, "ten seconds have not passed");
  await runtime.clock.advance(seconds(4));
  assert.equal(story().at(-1), "Started");
  const times = state()?.TaskStates.web?.Events.map(({ Type, Time }) => [Type, Math.round((Time - begun) / 3_600e9)]);
  assert.deepEqual(times, [
    ["Received", 0],
    ["Started", 0],
    ["Terminated", -24],
    ["Restarting", -24],
    ["Started", -24],
  ]);
});

test("a task that is started again is never reported as over, however long clearing up after it takes", async () => {
  const runtime = fakeRuntime();
  const { clock } = runtime;
  const mock = mockDriver(runtime);
  const slow: typeof mock = {
    ...mock,
    start: async (config) => ({
      ...(await mock.start(config)),
      discard: () => clock.sleep(seconds(1), new AbortController().signal),
    }),
  };
  const policy = { Attempts: 2, Interval: 60e9, Delay: 1e9, Mode: "delay" };
  const allocation = allocationOf([{ Config: { run_for: "10s" } }], { policy, type: "service" });
  const { reports, story } = await runAllocation(allocation, { runtime, drivers: [slow] });
  const told: unknown[] = [];
  for (let half = 0; half < 30; half++) {
    await clock.advance(seconds(0.5));
    told.push(reports.at(-1)?.ClientStatus);
  }
  assert.deepEqual(new Set(told), new Set(["running", "pending"]));
  assert.deepEqual(story().slice(1, 3), ["Started", "Terminated: Exit Code: 0"]);
});

test("of a task's events the last ten are kept", async () => {
  const policy = { Attempts: 100, Interval: 600e9, Delay: 1e9, Mode: "delay" };
  const { runtime, state } = await runAllocation(allocationOf([{ Config: { exit_code: 1 } }], { policy }));
  await runtime.clock.advance(seconds(30));
  assert.equal(state()?.TaskStates.web?.Events.length, 10);
  assert.ok((state()?.TaskStates.web?.Restarts ?? 0) > 10);
});

test("a task that the servers want stopped gets its signal, its time, and is killed", async () => {
  const allocation = allocationOf([{ Config: { run_for: "1h", kill_after: "1s" }, KillTimeout: 2e9 }], {
    type: "service",
  });
  const { runtime, runner, story, state } = await runAllocation(allocation);
  runner.update({ ...allocation, DesiredStatus: "stop", AllocModifyIndex: 11 });
  await runtime.clock.advance(seconds(0));
  assert.deepEqual(story(), ["Received", "Started", "Killing: Sent interrupt. Waiting 2s before force killing"]);
  await runtime.clock.advance(seconds(1));
  assert.equal(story().at(-1), "Killed");
  assert.equal(state()?.ClientStatus, "complete");
});

test("no task gets longer to end than the client allows", async () => {
  const allocation = allocationOf([{ Config: { run_for: "1h", kill_after: "1h" }, KillTimeout: 3600e9 }]);
  const { runtime, runner, story } = await runAllocation(allocation, { config: { maxKillTimeout: seconds(30) } });
  const gone = runner.destroy();
  await runtime.clock.advance(seconds(30));
  await gone;
  assert.ok(story().includes("Killing: Sent interrupt. Waiting 30s before force killing"));
  assert.equal(story().at(-1), "Killed");
});

test("a task that waits for its restart is stopped at once", async () => {
  const policy = { Attempts: 5, Interval: 600e9, Delay: 300e9, Mode: "delay" };
  const { runner, story, runtime } = await runAllocation(allocationOf([{ Config: { exit_code: 1 } }], { policy }));
  await runner.destroy();
  assert.deepEqual(
    story()
      .slice(-2)
      .map((line) => line.split(":")[0]),
    ["Restarting", "Killed"],
  );
  assert.equal(runtime.clock.waiting, 0);
});

test("a failing task takes its siblings with it, and the allocation fails", async () => {
  const { story, state } = await runAllocation(
    allocationOf([
      { Name: "bad", Config: { exit_code: 1 } },
      { Name: "good", Config: { run_for: "1h" } },
    ]),
  );
  assert.equal(story("bad").at(-1), "Not Restarting: Policy allows no restarts");
  assert.deepEqual(story("good").slice(-2), ["Killing: Sent interrupt. Waiting 5s before force killing", "Killed"]);
  assert.equal(state()?.ClientStatus, "failed");
});

test("a task that cannot be started is given up, with the driver's reason", async () => {
  const allocation = allocationOf([{ Config: { start_error: "no such program" } }], {
    policy: { Attempts: 9, Interval: 60e9, Delay: 1e9, Mode: "delay" },
  });
  const { story } = await runAllocation(allocation);
  assert.deepEqual(story(), [
    "Received",
    `Driver Failure: failed to start task 'web' for alloc '${allocation.ID}': no such program`,
    "Not Restarting: Error was unrecoverable",
  ]);
});

test("a task that is stopped while it is being started is told as killed, and its siblings are left alone", async () => {
  const runtime = fakeRuntime();
  const pulling: Driver<unknown> = {
    ...mockDriver(runtime),
    start: ({ signal }) =>
      new Promise((_, reject) => {
        whenAborted(signal as AbortSignal, () => reject(new DriverStartError("image pull was given up")));
      }),
  };
  const allocation = allocationOf([{}], { type: "service" });
  const { runner, story, state } = await runAllocation(allocation, { runtime, drivers: [pulling] });
  runner.update({ ...allocation, DesiredStatus: "stop", AllocModifyIndex: 11 });
  await runtime.clock.advance(seconds(1));
  assert.deepEqual(story(), ["Received", "Killed"]);
  assert.equal(state()?.ClientStatus, "complete");
});

test("what was made ready for a start that fails is gone before the failure is told", async () => {
  const world = fakeRuntime();
  const makeReady = (directory: string) => world.disk.makeDirectory(directory);
  const runtime = { ...world, processes: { ...world.processes, makeReady } };
  const removeTree = world.disk.removeTree.bind(world.disk);
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  world.disk.removeTree = async (path) => {
    await released;
    await removeTree(path);
  };
  const places = () => world.disk.paths().filter((path) => /^\/state\/supervision\/.*\/./.test(path));
  const mock = mockDriver(runtime);
  const failing: Driver<unknown> = {
    ...mock,
    capabilities: { ...mock.capabilities, isSupervised: true },
    start: () => Promise.reject(new DriverStartError("no such program")),
  };
  const { story } = await runAllocation(allocationOf([{}]), { runtime, drivers: [failing] });
  assert.deepEqual([story(), places().length], [["Received"], 1]);
  release();
  await world.clock.advance(seconds(0));
  assert.equal(story()[1]?.split(":")[0], "Driver Failure");
  assert.deepEqual(places(), []);
});

/** A driver whose starts fail, and leave something that may run until `recover` finds it. */
function uncertainDriver(runtime: ReturnType<typeof fakeRuntime>, runs: boolean) {
  const mock = mockDriver(runtime);
  const asked: string[] = [];
  let isAway = true;
  const driver: Driver<unknown> = {
    ...mock,
    start: async () => {
      asked.push("start");
      throw new DriverStartError("no answer", { recoverable: true, mayRun: true });
    },
    recover: async ({ fields }) => {
      asked.push("recover");
      if (isAway) throw new Error("the daemon does not answer");
      assert.ok(fields.supervision?.startsWith("/state/supervision/"));
      if (!runs) return undefined;
      const config = mock.config.parse({ run_for: "1h" });
      return mock.recover({
        driver: "mock",
        fields: { config: JSON.stringify(config), startedAt: String(runtime.clock.now()) },
      });
    },
  };
  const comesBack = () => {
    isAway = false;
  };
  return { driver, asked, comesBack };
}

test("what a failed start may have left running is looked for before anything else is started", async () => {
  const runtime = fakeRuntime();
  const { driver, asked, comesBack } = uncertainDriver(runtime, false);
  const policy = { Attempts: 1, Interval: 600e9, Delay: 1e9, Mode: "fail" };
  const { story } = await runAllocation(allocationOf([{}], { policy }), { runtime, drivers: [driver] });
  await runtime.clock.advance(minutes(2));
  assert.deepEqual(story(), ["Received"]);
  assert.equal(asked.filter((what) => what === "start").length, 1);
  comesBack();
  await runtime.clock.advance(minutes(1.5));
  assert.equal(asked.filter((what) => what === "start").length, 2);
  assert.deepEqual(story().at(-1)?.split(":")[0], "Not Restarting");
});

test("what a failed start has left running is the task", async () => {
  const runtime = fakeRuntime();
  const { driver, asked, comesBack } = uncertainDriver(runtime, true);
  comesBack();
  const allocation = allocationOf([{}], { type: "service" });
  const { story, runner } = await runAllocation(allocation, { runtime, drivers: [driver] });
  await runtime.clock.advance(seconds(1));
  assert.deepEqual(story(), ["Received", "Started"]);
  assert.deepEqual(asked, ["start", "recover"]);
  runner.update({ ...allocation, DesiredStatus: "stop", AllocModifyIndex: 11 });
  await runtime.clock.advance(seconds(1));
  assert.equal(story().at(-1), "Killed");
});

test("a driver that this client has not, or that does not work here, is a failure to start", async () => {
  const { story, state } = await runAllocation(allocationOf([{ Driver: "docker" }]));
  assert.match(story()[1] ?? "", /driver "docker" is unknown to this client$/);
  assert.equal(state()?.ClientStatus, "failed");
});

test("a task may not run as a user that the operator excludes", async () => {
  const exec = allocationOf([{ Driver: "exec", User: "root" }]);
  const { story, state } = await runAllocation(exec);
  assert.deepEqual(story(), ["Received", 'Failed Validation: running as user "root" is disallowed']);
  assert.equal(state()?.ClientStatus, "failed");
  const allowed = await runAllocation(exec, { config: { options: { "user.blacklist": "daemon" } } });
  assert.match(allowed.story()[1] ?? "", /^Driver Failure/);
});

test("an allocation's directory has the shared part and each task's own, and goes with the allocation", async () => {
  const { runner, runtime } = await runAllocation(allocationOf([{ Config: oneMinute }]));
  const own = () => runtime.disk.paths().filter((path) => path.startsWith(runner.root));
  assert.deepEqual(
    own().map((path) => path.slice(runner.root.length)),
    [
      "",
      "/alloc",
      "/alloc/data",
      "/alloc/logs",
      "/alloc/logs/web.stderr.0",
      "/alloc/logs/web.stdout.0",
      "/alloc/tmp",
      "/web",
      "/web/local",
      "/web/secrets",
      "/web/tmp",
    ],
  );
  assert.equal((await runtime.disk.status(`${runner.root}/web/local`)).mode & 0o777, 0o777);
  assert.equal((await runtime.disk.status(`${runner.root}/web/secrets`)).mode & 0o777, 0o700);
  const gone = runner.destroy();
  await runtime.clock.advance(seconds(10));
  await gone;
  assert.deepEqual(own(), []);
});

test("what a task writes is in its logs when its end is told", async () => {
  const Config = { run_for: "1s", stdout_string: "out", stderr_string: "err" };
  const { runner, runtime, state } = await runAllocation(allocationOf([{ Config }]));
  await runtime.clock.advance(seconds(1));
  assert.equal(state()?.ClientStatus, "complete");
  assert.equal(await runtime.disk.text(`${runner.root}/alloc/logs/web.stdout.0`), "out");
  assert.equal(await runtime.disk.text(`${runner.root}/alloc/logs/web.stderr.0`), "err");
});

test("an allocation that is already over gets its directory, runs nothing, and waits for nothing", async () => {
  const stopped = { ...allocationOf([{ Config: oneMinute }]), DesiredStatus: "stop" };
  const { runtime, runner, reports } = await runAllocation(stopped);
  assert.deepEqual(reports, [{ ClientStatus: "complete", ClientDescription: "", TaskStates: {} }]);
  assert.ok(runtime.disk.paths().includes(`${runner.root}/web/local`));
  const told = await runAllocation({ ...stopped, ClientStatus: "failed" });
  assert.deepEqual(told.reports, []);
});

test("a group that the job does not have fails the allocation", async () => {
  const { state } = await runAllocation({ ...allocationOf([{}]), TaskGroup: "other" });
  assert.deepEqual([state()?.ClientStatus, state()?.ClientDescription], ["failed", "missing task group 'other'"]);
});

for (const Name of ["..", ".", "alloc", "ALLOC", "a/b", "a\0b", "x".repeat(300), ""]) {
  test(`T30: a task named ${JSON.stringify(Name.slice(0, 10))} makes no directory, whatever the servers let through`, async () => {
    const { state, runtime } = await runAllocation(allocationOf([{ Name }]));
    assert.deepEqual(
      [state()?.ClientStatus, state()?.ClientDescription],
      ["failed", "failed to build task dirs for 'group'"],
    );
    assert.deepEqual(runtime.disk.paths(), ["/", "/allocations"]);
  });
}

test("T30: tasks whose names differ only in case are refused", async () => {
  const { state } = await runAllocation(allocationOf([{ Name: "web" }, { Name: "Web" }]));
  assert.equal(state()?.ClientStatus, "failed");
});

test("usage is told of running tasks only, in sum and each", async () => {
  const { runner, runtime } = await runAllocation(allocationOf([{ Config: oneMinute }, { Name: "other" }]));
  assert.deepEqual(Object.keys((await runner.usage(undefined)).Tasks), [], "nothing is measured while tasks start");
  await runtime.clock.advance(seconds(1));
  const usage = await runner.usage(undefined);
  assert.deepEqual(Object.keys(usage.Tasks), ["web"]);
  assert.equal(usage.ResourceUsage.MemoryStats.RSS, usage.Tasks.web?.ResourceUsage.MemoryStats.RSS);
  await assert.rejects(runner.usage("nope"), { message: /^allocation "[^"]+" has no task "nope"$/ });
  await runtime.clock.advance(minutes(1));
  assert.deepEqual(Object.keys((await runner.usage("web")).Tasks), []);
});

test("a client that lets go of a task touches it no more and reports nothing", async () => {
  const { runner, reports, runtime } = await runAllocation(allocationOf([{ Config: oneMinute }]));
  const told = reports.length;
  await runner.detach();
  await runtime.clock.advance(minutes(2));
  assert.equal(reports.length, told);
  assert.equal(runtime.clock.waiting, 0);
});
