import assert from "node:assert";
import { test } from "node:test";
import { minutes, seconds } from "../../base/index.ts";
import type { WebRequest } from "../../runtime/index.ts";
import { fakeRuntime } from "../testing/fake-runtime.ts";
import { someAllocation, someJob, type TaskFields } from "../testing/makers.ts";
import { runAllocation } from "../testing/run-allocation.ts";

/** A batch task with artifacts, restarted after a second. */
function allocationOf(task: TaskFields, Attempts = 1) {
  const job = someJob({ Type: "batch", tasks: [{ Config: { run_for: "10s" }, ...task }] });
  const RestartPolicy = { Attempts, Interval: 3600e9, Delay: 1e9, Mode: "fail" };
  return someAllocation({ Job: { ...job, TaskGroups: job.TaskGroups.map((group) => ({ ...group, RestartPolicy })) } });
}

/** A world whose web answers as `answer` does, in the order of the requests. */
function worldOf(answer: (url: URL, request: WebRequest) => Promise<string | undefined>) {
  const runtime = fakeRuntime();
  const asked: string[] = [];
  const get = async (url: URL, request: WebRequest) => {
    asked.push(`${url.href} ${JSON.stringify(request.headers)}`);
    const text = await answer(url, request);
    return { status: text === undefined ? 404 : 200, headers: {}, body: chunks(text ?? "") };
  };
  return { runtime: { ...runtime, web: { get } }, asked };
}

async function* chunks(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

test("artifacts are there when a task starts, with all references resolved", async () => {
  const { runtime, asked } = worldOf(async () => "content");
  const { story, runner } = await runAllocation(
    allocationOf({
      Meta: { version: "1.2" },
      Artifacts: [
        {
          GetterSource: "http://h/${NOMAD_META_version}/${NOMAD_TASK_NAME}",
          GetterOptions: { at: "${node.datacenter}" },
          GetterHeaders: { "X-Job": "${NOMAD_JOB_NAME}" },
          RelativeDest: "${NOMAD_TASK_DIR}/${NOMAD_META_version}",
        },
      ],
    }),
    { runtime },
  );
  assert.deepEqual(story(), ["Received", "Downloading Artifacts: Client is downloading artifacts", "Started"]);
  assert.deepEqual(asked, ['http://h/1.2/web?at=dc1 {"X-Job":"job"}']);
  assert.equal(await runtime.disk.text(`${runner.root}/web/local/1.2/web`), "content");
  assert.equal((await runtime.disk.status(`${runner.root}/web/local/1.2/web`)).mode & 0o777, 0o644);
});

test("a download that fails is told with its reason, tried again by the restart policy, and then done once for all", async () => {
  let tries = 0;
  const { runtime, asked } = worldOf(async () => (tries++ === 0 ? undefined : "content"));
  const task = { Config: { exit_code: 1 }, Artifacts: [{ GetterSource: "http://h/x", RelativeDest: "local/" }] };
  const { story, state } = await runAllocation(allocationOf(task, 2), { runtime });
  assert.equal(state()?.ClientStatus, "pending", "a task that is tried again has not failed");
  await runtime.clock.advance(seconds(10));
  const withoutTimes = story().map((line) => line.replace(/in 1\.\d+s/, "in 1.…s"));
  assert.deepEqual(withoutTimes.slice(-9), [
    "Failed Artifact Download: GET error: bad response code: 404",
    "Restarting: Task restarting in 1.…s",
    "Downloading Artifacts: Client is downloading artifacts",
    "Started",
    "Terminated: Exit Code: 1",
    "Restarting: Task restarting in 1.…s",
    "Started",
    "Terminated: Exit Code: 1",
    'Not Restarting: Exceeded allowed attempts 2 in interval 1h0m0s and mode is "fail"',
  ]);
  assert.equal(asked.length, 2);
});

test("what can never be fetched fails the task at once", async () => {
  const { runtime, asked } = worldOf(async () => "content");
  for (const [artifact, reason] of [
    [{ GetterSource: "ftp://h/x" }, "GET error: download not supported for scheme 'ftp'"],
    [
      { GetterSource: "http://h/x", RelativeDest: "${NOMAD_META_up}" },
      "GET error: destination escapes task's directory",
    ],
  ] as const) {
    const task = { Meta: { up: "../../.." }, Artifacts: [artifact] };
    const { story, state } = await runAllocation(allocationOf(task, 9), { runtime });
    assert.deepEqual(story().slice(2), [
      `Failed Artifact Download: ${reason}`,
      "Not Restarting: Error was unrecoverable",
    ]);
    assert.equal(state()?.ClientStatus, "failed");
  }
  assert.equal(asked.length, 0);
});

test("T31: a destination that leads out as it stands is refused before all else", async () => {
  const Artifacts = [{ GetterSource: "http://h/x" }, { GetterSource: "http://h/x", RelativeDest: "../x" }];
  const { story } = await runAllocation(allocationOf({ Artifacts }));
  assert.match(
    story()[1] ?? "",
    /^Failed Validation: .*artifact \(1\) failed validation: .*destination escapes task's directory/s,
  );
  assert.equal(story().length, 2);
});

test("a task that is stopped while an artifact is on its way ends at once", async () => {
  const { runtime } = worldOf(
    (_, { signal }) => new Promise((__, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
  );
  const { runner, story, state } = await runAllocation(allocationOf({ Artifacts: [{ GetterSource: "http://h/x" }] }), {
    runtime,
  });
  await runner.destroy();
  assert.deepEqual(story().slice(1), ["Downloading Artifacts: Client is downloading artifacts", "Killed"]);
  assert.equal(state()?.ClientStatus, "complete");
  assert.equal(runtime.clock.waiting, 0);
});

test("T34: a server that says nothing is given up after a minute, one that never ends after half an hour", async () => {
  const hanging = worldOf(
    (_, { signal }) => new Promise((__, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
  );
  const silent = await runAllocation(allocationOf({ Artifacts: [{ GetterSource: "http://h/x" }] }, 0), {
    runtime: hanging.runtime,
  });
  await hanging.runtime.clock.advance(seconds(61));
  assert.equal(silent.story()[2], "Failed Artifact Download: GET error: the server has sent nothing for 1m0s");
  const endless = fakeRuntime();
  const body = async function* (signal: AbortSignal) {
    for (;;) {
      yield Buffer.from("x");
      await endless.clock.sleep(seconds(30), signal);
    }
  };
  const web = { get: async (_: URL, { signal }: WebRequest) => ({ status: 200, headers: {}, body: body(signal) }) };
  const slow = await runAllocation(allocationOf({ Artifacts: [{ GetterSource: "http://h/x" }] }, 0), {
    runtime: { ...endless, web },
  });
  await endless.clock.advance(minutes(31));
  assert.equal(slow.story()[2], "Failed Artifact Download: GET error: the download took longer than 30m0s");
  assert.deepEqual(
    endless.disk.paths().filter((path) => /artifact|\/x$/.test(path)),
    [],
  );
});

test("T44: on a full disk a download fails with that reason and leaves nothing", async () => {
  const { runtime } = worldOf(async () => {
    runtime.disk.isFull = true;
    return "content";
  });
  const { story } = await runAllocation(allocationOf({ Artifacts: [{ GetterSource: "http://h/x" }] }, 0), { runtime });
  assert.equal(story()[2], "Failed Artifact Download: GET error: no space left on device");
  assert.deepEqual(
    runtime.disk.paths().filter((path) => /artifact|\/x$/.test(path)),
    [],
  );
});
