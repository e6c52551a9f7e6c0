import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LogEntries } from "./log-entries.ts";

const stamp = (second: number) => `2026-11-23T07:00:${String(second).padStart(2, "0")}.147506265Z `;

function frame(text: string): Buffer {
  const content = Buffer.from(text, "latin1");
  const head = Buffer.alloc(8);
  head[0] = 1;
  head.writeUInt32BE(content.length, 4);
  return Buffer.concat([head, content]);
}

function taken(chunks: readonly Uint8Array[], tty: boolean): string[] {
  const entries = new LogEntries({ tty });
  const all = [...chunks.flatMap((chunk) => entries.take(chunk)), ...entries.end()];
  return all.map(({ time, text }) => `${time} ${Buffer.from(text).toString("latin1")}`);
}

const first = "1795417201147506265";
const second = "1795417202147506265";

test("each frame is a piece with its time to the nanosecond, whatever the chunks", () => {
  const bytes = Buffer.concat([frame(`${stamp(1)}one\n`), frame(`${stamp(2)}\n`), frame(`${stamp(2)}\xff\x00 end`)]);
  const whole = [`${first} one\n`, `${second} \n`, `${second} \xff\x00 end`];
  fc.assert(
    fc.property(fc.array(fc.nat(bytes.length), { maxLength: 6 }), (cuts) => {
      const at = [0, ...cuts.sort((a, b) => a - b), bytes.length];
      const chunks = at.slice(1).map((end, i) => bytes.subarray(at[i], end));
      assert.deepEqual(taken(chunks, false), whole);
    }),
  );
});

test("on a terminal lines stand behind each other, the last perhaps without its end", () => {
  const bytes = Buffer.from(`${stamp(1)}one\r\n${stamp(2)}$ `);
  assert.deepEqual(taken([bytes.subarray(0, 40), bytes.subarray(40)], true), [`${first} one\r\n`, `${second} $ `]);
});

test("the end of a line that the engine cut and forgot is given back when the next line comes", () => {
  const long = "x".repeat(16 * 1024);
  const parts = [frame(`${stamp(1)}${long}`), frame(`${stamp(1)}yy`)];
  assert.deepEqual(taken(parts, false), [`${first} ${long}`, `${first} yy`]);
  const next = [...parts, frame(`${stamp(2)}next\n`)];
  assert.deepEqual(taken(next, false).slice(1), [`${first} yy`, `${first} \n`, `${second} next\n`]);
  const bare = Buffer.from(`${stamp(1)}${long}${stamp(1)}yy${stamp(2)}next\n`);
  assert.deepEqual(taken([bare], true).slice(1), [`${first} yy`, `${first} \n`, `${second} next\n`]);
});

test("a line that the engine cut and did not forget the end of is left as it is", () => {
  const long = "x".repeat(16 * 1024);
  const parts = [frame(`${stamp(1)}${long}`), frame(`${stamp(1)}yy\n`), frame(`${stamp(2)}next\n`)];
  assert.deepEqual(taken(parts, false).slice(1), [`${first} yy\n`, `${second} next\n`]);
});

test("what has no time is no output of a container", () => {
  assert.throws(() => taken([frame("hello, this is no log at all, is it?")], false), /without a time/);
});
