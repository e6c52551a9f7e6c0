import assert from "node:assert/strict";
import { test } from "node:test";
import { instantOf, seconds } from "../../base/index.ts";
import { ManualClock, type Program, settled } from "../../runtime/index.ts";
import { wasKilledByKernel } from "./kernel-oom.ts";

const report = (container: string) =>
  `[80.08] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),oom_memcg=/docker/${container},task_memcg=/docker/${container},task=dd`;

/** What is made of a kernel's messages about container `c0ffee`. */
async function toldBy(stdout: string | Error) {
  const asked: string[] = [];
  const run = async ({ args }: Program) => {
    asked.push(args.at(-1) ?? "");
    if (stdout instanceof Error) throw stdout;
    return { exitCode: 0, signal: 0, stdout, stderr: "" };
  };
  const processes = { run, environment: {} };
  const told = await wasKilledByKernel({ clock: new ManualClock(instantOf(0)), processes }, "c0ffee");
  assert.deepEqual(asked, ["c0ffee"]);
  return told;
}

test("a report of the kernel that names the container's limit tells of its end", async () => {
  assert.equal(await toldBy(`[80.07] docker0: port for c0ffee\n${report("c0ffee")}\n`), true);
});

test("the container's name in other messages tells nothing, and neither does what cannot be read", async () => {
  assert.equal(await toldBy("[80.07] docker0: port for c0ffee\n"), false);
  assert.equal(await toldBy(""), false);
  assert.equal(await toldBy(new Error("no dmesg")), false);
});

test("a kernel that does not tell is not waited for", async () => {
  const clock = new ManualClock(instantOf(0));
  const run = (_: Program, { signal }: { signal: AbortSignal }) =>
    new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  const told = wasKilledByKernel({ clock, processes: { run, environment: {} } }, "c0ffee");
  await settled();
  await clock.advance(seconds(5));
  assert.equal(await told, false);
});
