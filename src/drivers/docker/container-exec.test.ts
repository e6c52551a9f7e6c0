import assert from "node:assert/strict";
import { test } from "node:test";
import { instantOf, seconds } from "../../base/index.ts";
import { ManualClock, MemoryDisk, type Processes, type Program, settled } from "../../runtime/index.ts";
import { execInContainer } from "./container-exec.ts";
import type { Engine } from "./engine.ts";

/** What is killed when a program's time is over that the engine knows as number 42, with 43 below it. */
async function killedBy({ groups, isOnThisMachine = true }: { groups: readonly string[]; isOnThisMachine?: boolean }) {
  const clock = new ManualClock(instantOf(0));
  const disk = new MemoryDisk(clock);
  await disk.put("/proc/42/cgroup", groups[0] ?? "");
  await disk.put("/proc/43/cgroup", groups[1] ?? "");
  const killed: string[] = [];
  const engine = {
    createExec: async () => "e",
    async *startExec(_: string, signal: AbortSignal) {
      yield Buffer.from([1, 0, 0, 0, 0, 0, 0, 3, ...Buffer.from("up\n")]);
      await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    },
    exec: async () => ({ Running: killed.length === 0, Pid: 42, ExitCode: killed.length === 0 ? null : 137 }),
  } as unknown as Engine;
  const processes = {
    tree: () => ({ usage: () => [{ pid: 42 }, { pid: 43 }] }),
    run: async ({ args }: Program) => killed.push(...args),
  } as unknown as Processes;
  const options = { env: {}, timeout: seconds(1), outputBytes: 9, signal: new AbortController().signal };
  const place = { clock, disk, processes, engine, containerID: "c0ffee", isOnThisMachine };
  let isOver = false;
  const running = execInContainer(place, ["sleep"], options).finally(() => {
    isOver = true;
  });
  for (await settled(); !isOver; await settled()) await clock.advance(seconds(1));
  assert.deepEqual(await running, { exitCode: 137, timedOut: true, output: "up\n" });
  return killed;
}

const inside = "0::/system.slice/docker-c0ffee.scope\n";
const outside = "0::/system.slice/sshd.service\n";

test("a program whose time is over is killed with what descends from it", async () => {
  assert.deepEqual(await killedBy({ groups: [inside, "4:cpu:/docker/c0ffee\n"] }), ["-KILL", "42", "43"]);
});

test("what only has the same number as a program of the engine is not killed", async () => {
  assert.deepEqual(await killedBy({ groups: [outside, outside] }), []);
  assert.deepEqual(await killedBy({ groups: [inside, outside] }), ["-KILL", "42"]);
});

test("nothing is killed here for an engine that is elsewhere", async () => {
  assert.deepEqual(await killedBy({ groups: [inside, inside], isOnThisMachine: false }), []);
});
