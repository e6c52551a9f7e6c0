import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fromLastLines, lastLines } from "./line-tail.ts";

const tail = (text: string, lines: number): string => Buffer.from(lastLines(Buffer.from(text), lines)).toString();

test("the last lines are those before the end, whether a line break ends the text or not", () => {
  assert.equal(tail("a\nb\nc\n", 2), "b\nc\n");
  assert.equal(tail("a\nb\nc", 2), "b\nc");
  assert.equal(tail("a\nb\n", 5), "a\nb\n");
  assert.equal(tail("a\n\n\n", 2), "\n\n");
  assert.equal(tail("a\nb", 0), "");
  assert.equal(tail("", 3), "");
});

test("the last lines are what splitting at line breaks would give", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b", "\n") });
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 6 }), (given, lines) => {
      const whole = given.match(/[^\n]*\n|[^\n]+$/g) ?? [];
      assert.equal(tail(given, lines), whole.slice(-lines).join(""));
    }),
  );
});

async function collected(source: AsyncIterable<Uint8Array>): Promise<readonly string[]> {
  const pieces: string[] = [];
  for await (const piece of source) pieces.push(Buffer.from(piece).toString());
  return pieces;
}

async function* bytes(...pieces: string[]): AsyncGenerator<Uint8Array, void> {
  for (const piece of pieces) yield Buffer.from(piece);
}

const never = () => new Promise<void>(() => {});

test("a stream that ends is read to its end before its last lines are given", async () => {
  assert.deepEqual(await collected(fromLastLines(bytes("1\n2\n", "3\n4\n"), { lines: 2, quiet: never })), ["3\n4\n"]);
});

test("what comes after the beginning is passed on as it comes", async () => {
  const long = `${"x".repeat(239)}\n`;
  const pieces = await collected(fromLastLines(bytes("a\nb\n", long, "c\n", "d\n"), { lines: 2, quiet: never }));
  assert.deepEqual(pieces, [`b\n${long}`, "c\n", "d\n"]);
});

test("a stream that falls silent is taken to have begun", async () => {
  const { promise: silence, resolve } = Promise.withResolvers<void>();
  async function* source() {
    yield Buffer.from("1\n2\n3\n");
    resolve();
    await new Promise((later) => queueMicrotask(() => later(undefined)));
    await silence.then().then().then();
    yield Buffer.from("4\n");
  }
  assert.deepEqual(await collected(fromLastLines(source(), { lines: 2, quiet: () => silence })), ["2\n3\n", "4\n"]);
});
