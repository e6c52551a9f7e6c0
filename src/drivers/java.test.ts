import assert from "node:assert/strict";
import { test } from "node:test";
import { nodeRuntime } from "../runtime/node/index.ts";
import { JavaDriver, javaAttributes } from "./java.ts";
import { javaTask } from "./testing/java-task.ts";
import { TaskBench } from "./testing/task-bench.ts";

const runtime = nodeRuntime({ logLevel: "ERR", writeLog: () => {} });

test("what java says of itself becomes attributes, whoever made it and whatever it says before", () => {
  const debian = [
    "Picked up JAVA_TOOL_OPTIONS: -Xmx8m",
    'openjdk version "17.0.15" 2025-04-15',
    "OpenJDK Runtime Environment (build 17.0.15+6-Debian-1deb12u1)",
    "OpenJDK 64-Bit Server VM (build 17.0.15+6-Debian-1deb12u1, mixed mode, sharing)",
  ];
  assert.deepEqual(javaAttributes(debian.join("\n")), {
    "driver.java.version": "17.0.15",
    "driver.java.runtime": "OpenJDK Runtime Environment (build 17.0.15+6-Debian-1deb12u1)",
    "driver.java.vm": "OpenJDK 64-Bit Server VM (build 17.0.15+6-Debian-1deb12u1, mixed mode, sharing)",
  });
  const old = javaAttributes('java version "1.7.0_80"\nJava(TM) SE Runtime Environment\nJava HotSpot(TM) VM\n');
  assert.equal(old?.["driver.java.version"], "1.7.0_80");
  assert.equal(javaAttributes("no such thing\n"), undefined);
});

test("the java driver says that there is no java", async () => {
  const { processes } = runtime;
  const environment = { PATH: "/no/such/place" };
  const able = { environment, effectiveUserID: 0, limitsUnavailable: () => undefined };
  const bare = { ...runtime, processes: Object.assign(Object.create(processes), able) };
  const { value } = await new JavaDriver(bare).fingerprint({}, new AbortController().signal).next();
  assert.deepEqual([value.detected, value.attributes], [false, {}]);
  assert.match(value.description, /program "java" not found|no OCI runtime/);
});

test("a job's config for java is read in Nomad's way, and nothing in it is cut short (T39)", () => {
  const { config } = new JavaDriver(runtime);
  assert.deepEqual(config.parse({ jar_path: "a.jar", args: [1] }), { jar_path: "a.jar", jvm_options: [], args: ["1"] });
  const problem = (value: unknown) => config.safeParse(value).error?.issues[0]?.message;
  assert.equal(problem({}), 'field "jar_path" is required');
  assert.equal(problem({ jar_path: "a", jvm_options: ["-D\0"] }), 'field "jvm_options" holds a null character');
});

const driver = new JavaDriver(runtime);
const found = (await driver.fingerprint({}, new AbortController().signal).next()).value;
const skip = found.detected ? false : `driver java does not work here: ${found.description}`;

test("java runs a jar of the task's or the allocation's, with options for itself and arguments for the jar", {
  skip,
}, async () => {
  const bench = await TaskBench.open(runtime, driver, { memoryMB: 256 });
  try {
    for (const [directory, jar_path] of [
      [bench.directories.local, "local/task.jar"],
      [bench.directories.shared, "/alloc/task.jar"],
    ]) {
      await runtime.disk.writeAtomically(`${directory}/task.jar`, javaTask, 0o644);
      const options = { jvm_options: ["-showversion", "-XX:+UseSerialGC"], args: ["print", "a 'b' $HOME", "c"] };
      const { exit, stdout, stderr } = await bench.outcome({ jar_path, ...options });
      assert.deepEqual([exit.exitCode, stdout], [0, "a 'b' $HOME"]);
      assert.match(stderr, /^.* version ".*\n(?:.*\n)+c$/);
    }
    const { exit, stderr } = await bench.outcome({ jar_path: "local/none.jar" });
    assert.deepEqual([exit.exitCode, /local\/none\.jar/.test(stderr)], [1, true]);
  } finally {
    await bench.close();
  }
});
