import assert from "node:assert";
import { test } from "node:test";
import { pipeProgram } from "./pipe-program.ts";

const program = (command: string, ...args: readonly string[]) => {
  return { command, args, env: { PATH: process.env.PATH ?? "" }, workingDirectory: "/" };
};
const { signal } = new AbortController();

async function textOf(output: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of output) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

async function* pieces(count: number, then: () => void = () => {}): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < count; at++) yield Buffer.alloc(65_536, "x");
  then();
}

test("a helper gets its input as it comes, and what it prints can be read meanwhile", async () => {
  const { output, ended } = pipeProgram(program("cat"), { signal, input: pieces(100) });
  assert.equal((await textOf(output)).length, 6_553_600);
  assert.equal((await ended).exitCode, 0);
});

test("a helper that stops to read is free to, and its exit code and errors are told", async () => {
  const { output, ended } = pipeProgram(program("sh", "-c", "head -c 1; echo no >&2; exit 3"), {
    signal,
    input: pieces(100),
  });
  assert.equal(await textOf(output), "x");
  assert.deepEqual(await ended, { exitCode: 3, signal: 0, stdout: "", stderr: "no\n" });
});

test("what the input throws ends the helper, and is told to who reads and to who waits", async () => {
  const { output, ended } = pipeProgram(program("sh", "-c", "cat; sleep 60"), {
    signal,
    input: pieces(3, () => {
      throw new Error("enough");
    }),
  });
  await assert.rejects(textOf(output), { message: "enough" });
  await assert.rejects(ended, { message: "enough" });
});

test("a signal ends the helper, for its reason", async () => {
  const stop = new AbortController();
  const { output, ended } = pipeProgram(program("sh", "-c", "echo begun; sleep 60"), { signal: stop.signal });
  const reading = (async () => {
    for await (const _ of output) stop.abort(new Error("stopped"));
  })();
  await assert.rejects(reading, { message: "stopped" });
  await assert.rejects(ended, { message: "stopped" });
});

test("a helper that is not there is told by its code", async () => {
  const { ended } = pipeProgram(program("no-such-program"), { signal, input: pieces(1) });
  await assert.rejects(ended, { code: "ENOENT" });
});
