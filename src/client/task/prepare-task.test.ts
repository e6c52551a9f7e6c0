import assert from "node:assert";
import { test } from "node:test";
import * as z from "zod";
import { type Driver, DriverStartError } from "../../drivers/index.ts";
import { RunPlaces } from "../allocation/run-places.ts";
import { TaskServices } from "../services/task-services.ts";
import { someConfig } from "../testing/client-config.ts";
import { fakeRuntime } from "../testing/fake-runtime.ts";
import { someAllocation, someJob, someNode, type TaskFields } from "../testing/makers.ts";
import { prepareTask } from "./prepare-task.ts";
import type { TaskRunnerParts } from "./task-runner.ts";

const supervision = "/supervision/1";

const driver = {
  name: "raw_exec",
  config: z.object({ command: z.string('field "command" is required'), args: z.array(z.string()).optional() }),
  capabilities: { hostEnvironment: true },
} as unknown as Driver<unknown>;

function parts(task: TaskFields, fields: Partial<TaskRunnerParts> = {}): TaskRunnerParts {
  const job = someJob({ tasks: [{ Driver: "raw_exec", ...task }] });
  const group = job.TaskGroups[0]!;
  const runtime = fakeRuntime();
  const allocation = someAllocation({ Job: job });
  return {
    runtime,
    services: new TaskServices({
      runtime,
      consul: undefined,
      node: () => someNode(),
      allocation,
      task: group.Tasks[0]!,
    }),
    config: someConfig(),
    node: () => someNode({ Drivers: { raw_exec: { Detected: true } } }),
    driver,
    allocation,
    recoveringDriver: () => driver,
    keeping: { restored: undefined, keep: async () => {} },
    job,
    group,
    task: group.Tasks[0]!,
    allocationPaths: { root: "/a", shared: "/a/alloc", logs: "/a/alloc/logs" },
    paths: { task: "/a/web", local: "/a/web/local", secrets: "/a/web/secrets" },
    places: new RunPlaces({ runtime, log: runtime.log, directory: "/supervision", drivers: new Map() }),
    stateChanged: () => {},
    ...fields,
  };
}

test("T39: arguments reach the driver one by one, as they are but for their references", () => {
  const args = [
    "a b",
    "'\"",
    "line\nline",
    "$(id)",
    "$HOME",
    "-x",
    "${NOMAD_TASK_NAME}",
    "${MINE}",
    "${node.datacenter}",
  ];
  const { config } = prepareTask(
    parts({ Env: { MINE: "$(mine) 'x" }, Config: { command: "/bin/echo", args } }),
    supervision,
  );
  assert.deepEqual(config.config, {
    command: "/bin/echo",
    args: ["a b", "'\"", "line\nline", "$(id)", "$HOME", "-x", "web", "$(mine) 'x", "dc1"],
  });
});

test("a driver gets directories, granted resources and the whole environment", () => {
  const { config } = prepareTask(parts({ Config: { command: "x" }, User: "nobody" }), supervision);
  assert.deepEqual(config.directories, {
    shared: "/a/alloc",
    task: "/a/web",
    local: "/a/web/local",
    secrets: "/a/web/secrets",
    supervision,
  });
  assert.deepEqual([config.env.PATH, config.env.NOMAD_ALLOC_DIR, config.user], ["/bin", "/a/alloc", "nobody"]);
  assert.equal(config.resources.MemoryMB, 64);
});

test("a task that does not see the host's directories is told where it sees its own", () => {
  const directoriesInside = { shared: "/alloc", local: "/local", secrets: "/secrets" };
  const isolating = { ...driver, capabilities: { hostEnvironment: false, directoriesInside } };
  const { config } = prepareTask(parts({ Config: { command: "x" } }, { driver: isolating }), supervision);
  assert.deepEqual(
    [config.env.NOMAD_ALLOC_DIR, config.env.NOMAD_TASK_DIR, config.env.NOMAD_SECRETS_DIR, config.env.PATH],
    ["/alloc", "/local", "/secrets", undefined],
  );
});

test("a config that the driver cannot read is refused with the driver's words", () => {
  const message = '1 error(s) occurred:\n\n* field "command" is required';
  assert.throws(() => prepareTask(parts({ Config: {} }), supervision), { name: "DriverStartError", message });
});

test("T37, CVE-2019-15928: a driver that does not work here is not used, whatever the servers believe", () => {
  const node = () => someNode({ Drivers: { raw_exec: { Detected: false, HealthDescription: "switched off" } } });
  assert.throws(() => prepareTask(parts({ Config: { command: "x" } }, { node }), supervision), {
    message: 'driver "raw_exec" is not available: switched off',
  });
});

test("an environment that no program can be given is refused", () => {
  const refused = () => prepareTask(parts({ Env: { "A=B": "x" }, Config: { command: "x" } }), supervision);
  assert.throws(refused, DriverStartError);
});

test("T52: a config with a key such as __proto__ changes nothing but itself", () => {
  const Config = JSON.parse('{"command": "x", "__proto__": {"args": ["polluted"]}}');
  const { config } = prepareTask(parts({ Config }), supervision);
  assert.equal((config.config as { args?: unknown }).args, undefined);
  assert.equal(({} as { args?: unknown }).args, undefined);
});
