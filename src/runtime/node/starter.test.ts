import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import type { Program } from "../processes.ts";
import { NodeProcesses } from "./node-processes.ts";
import { allProcesses, isAlive, sendSignal } from "./process-table.ts";
import { shimCall, supervisionFiles } from "./shim.ts";
import { currentStarter, Starter } from "./starter.ts";
import { entryOfStarted } from "./unfinished-start.ts";

const home = mkdtempSync(join(tmpdir(), "starter-test-"));
after(() => rmSync(home, { recursive: true, force: true }));
const processes = new NodeProcesses();
const [stop, goOn, kill] = [19, 18, 9];

let runs = 0;
const freshDirectory = () => join(home, `run-${++runs}`);
const program = (command: string, ...args: string[]): Program => ({ command, args, env: {}, workingDirectory: home });

async function textOf(output: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of output) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

async function eventually(check: () => boolean): Promise<void> {
  for (const deadline = performance.now() + 10_000; !check(); await pause(5)) {
    assert.ok(performance.now() < deadline, `still not so: ${check}`);
  }
}

test("no character of arguments, variables or paths means anything to the shell that starts them", async () => {
  const characters = [...Array(255).keys()].map((code) => String.fromCharCode(code + 1)).join("");
  const text = `${characters}$(touch ${home}/x)\`touch ${home}/y\`'"; touch ${home}/z #\n\\'`;
  const env = { "LOG-LEVEL": text, IFS: ":", PATH: text, LD_PRELOAD: "", PWD: "'" };
  const place = join(home, "a 'directory' $HOME;\n");
  const script = "process.stdout.write(JSON.stringify([process.argv[1], process.env, process.cwd()]))";
  await processes.run(program("/bin/mkdir", place), { signal: new AbortController().signal });
  const started = { ...program(process.execPath, "-e", script, text), env, workingDirectory: place };
  const task = await processes.supervise(started, join(place, "run"));
  const [exit, printed] = await Promise.all([task.exited, textOf(task.stdout)]);
  assert.equal(exit.exitCode, 0);
  const [argument, { NOMAD_SUPERVISION: _, ...variables }, directory] = JSON.parse(printed);
  assert.deepEqual({ argument, variables, directory }, { argument: text, variables: env, directory: place });
  await task.discard();
  assert.ok(!["x", "y", "z"].some((name) => existsSync(join(home, name))));
});

test("what cannot be said to a program is an error that leaves nothing", async () => {
  const directory = freshDirectory();
  await assert.rejects(processes.supervise(program("/bin/echo", "a\0b"), directory), /holds a null character/);
  await assert.rejects(
    processes.supervise(program("/bin/echo", "x".repeat(2 ** 20)), directory),
    /^Error: Cannot start a program: .*Argument list too long/,
  );
  await assert.rejects(
    processes.supervise(program("/bin/echo", "ä".repeat(2 ** 16)), directory),
    /^Error: Cannot start a program: .*Argument list too long/,
    "what counts are bytes",
  );
  await assert.rejects(
    processes.supervise(program("/bin/echo", ...Array(2 ** 10).fill("x".repeat(2 ** 13))), directory),
    /^Error: Cannot start a program: .*Argument list too long/,
    "and all together",
  );
  const env = { KEY: "secret".repeat(2 ** 15) };
  await assert.rejects(
    processes.supervise({ ...program("/bin/true"), env }, directory),
    (error: Error) => error.message.includes("Argument list too long") && !error.message.includes("secret"),
  );
  assert.ok(!existsSync(directory));
});

test("a task is signalled as any other, though its shim is started in the background", async () => {
  for (const [name, number] of [
    ["SIGINT", 2],
    ["SIGQUIT", 3],
  ] as const) {
    const task = await processes.supervise(program("/bin/sleep", "60"), freshDirectory());
    task.signal(name, { group: true });
    assert.deepEqual(await task.exited, { exitCode: 128 + number, signal: number, oomKilled: false });
    await task.discard();
  }
});

test("the shims of tasks that have ended are no zombies", async () => {
  const tasks = await Promise.all([1, 2, 3, 4].map(() => processes.supervise(program("/bin/true"), freshDirectory())));
  for (const task of tasks) {
    await task.exited;
    await task.discard();
  }
  const { pid } = currentStarter();
  await eventually(() => !allProcesses().some(({ parent }) => parent === pid));
});

test("a task goes on when the starter is killed, its end is known, and the next has another starter", async () => {
  const task = await processes.supervise(program("/bin/sleep", "60"), freshDirectory());
  const before = currentStarter();
  sendSignal(before.pid as number, kill);
  await eventually(() => before.isGone);
  assert.ok(isAlive(task.identity));
  const next = await processes.supervise(program("/bin/sleep", "60"), freshDirectory());
  assert.notEqual(currentStarter(), before);
  for (const each of [task, next]) {
    each.signal("SIGTERM", { group: true });
    assert.deepEqual(await each.exited, { exitCode: 143, signal: 15, oomKilled: false });
    await each.discard();
  }
});

test("of a start whose starter is killed it is told for certain whether there is a task", async () => {
  const starter = currentStarter();
  sendSignal(starter.pid as number, stop);
  const directory = freshDirectory();
  const starting = processes.supervise(program("/bin/sleep", "60"), directory);
  sendSignal(starter.pid as number, kill);
  await assert.rejects(starting, /^Error: Cannot start a program: the shell that starts programs has ended/);
  assert.ok(!existsSync(directory));
});

test("what comes to a start after it was asked for in vain starts nothing (R26)", async () => {
  const starter = currentStarter();
  const [directory, mark] = [freshDirectory(), join(home, "late")];
  mkdirSync(directory, { mode: 0o700 });
  await starter.makeFifos(directory);
  sendSignal(starter.pid as number, stop);
  const shim = (number: string) => shimCall(program("/bin/touch", mark), { directory, number, joined: [] });
  const starting = starter.start({ directory, workingDirectory: home, shim });
  assert.equal(await entryOfStarted(directory), undefined);
  sendSignal(starter.pid as number, goOn);
  assert.equal(await starting, "");
  assert.ok(!existsSync(mark));
});

test("a starter that hangs is killed when it has said nothing for long, and who asked it is told", {
  timeout: 20_000,
}, async () => {
  const starter = new Starter({ patienceMilliseconds: 50 });
  const directory = freshDirectory();
  mkdirSync(directory, { mode: 0o700 });
  sendSignal(starter.pid as number, stop);
  const shim = (number: string) => shimCall(program("/bin/true"), { directory, number, joined: [] });
  assert.equal(await starter.start({ directory, workingDirectory: home, shim }), undefined);
  await starter.makeFifos(directory);
  assert.deepEqual([starter.isGone, starter.failure], [true, "the shell that starts programs said nothing"]);
  assert.ok(!existsSync(join(directory, supervisionFiles.stdout)));
});

test("a starter is not taken to hang when it is this process that was held up", { timeout: 20_000 }, async () => {
  const starter = new Starter({ patienceMilliseconds: 200 });
  const directory = freshDirectory();
  mkdirSync(directory, { mode: 0o700 });
  const making = starter.makeFifos(directory);
  // Whoever asks writes its question first.
  await Promise.resolve();
  await Promise.resolve();
  const fifo = join(directory, supervisionFiles.stderr);
  const end = performance.now() + 10_000;
  while (!existsSync(fifo)) assert.ok(performance.now() < end, "the FIFO is made");
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
  await making;
  assert.deepEqual([starter.isGone, starter.failure], [false, ""]);
  await starter.makeFifos(freshDirectory());
  sendSignal(starter.pid as number, kill);
  await eventually(() => starter.isGone);
});
