import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { FileChunk } from "../../api/index.ts";
import { WholeLines } from "./whole-lines.ts";

const file = "f";

function chunk(text: string, offset: number): FileChunk {
  return { file, offset, data: Buffer.from(text) };
}

function shown(chunks: Iterable<FileChunk>): readonly string[] {
  return [...chunks].map(({ data, offset }) => `${Buffer.from(data)}@${offset}`);
}

test("the beginning of a line waits for its end, and offsets say where each part ends", () => {
  const lines = new WholeLines();
  assert.deepEqual(shown(lines.pass(chunk("a\nb", 3))), ["a\n@2"]);
  assert.deepEqual(shown(lines.pass(chunk("b", 4))), []);
  assert.deepEqual(shown(lines.pass(chunk("\nc", 6))), ["bb@4", "\n@5"]);
  assert.deepEqual(shown(lines.release()), ["c@6"]);
  assert.deepEqual(shown(lines.release()), []);
});

test("where bytes are lost the parts of lines on both sides are left out", () => {
  const lines = new WholeLines();
  assert.deepEqual(shown(lines.pass(chunk("a\nb", 3))), ["a\n@2"]);
  lines.lose();
  assert.deepEqual(shown(lines.pass(chunk("middle", 6))), []);
  assert.deepEqual(shown(lines.pass(chunk(" of c\nd\n", 14))), ["d\n@14"]);
});

test("what has no line end for 64 KiB goes on, also after a loss", () => {
  const lines = new WholeLines();
  const long = "x".repeat(64 * 1024);
  assert.deepEqual(shown(lines.pass(chunk(long, 1))), []);
  assert.deepEqual([...lines.pass(chunk("y", 2))].length, 2);
  lines.lose();
  assert.deepEqual(shown(lines.pass(chunk(long, 1))), []);
  assert.deepEqual(shown(lines.pass(chunk("y", 2))), []);
  assert.deepEqual(shown(lines.release()), ["y@2"]);
});

test("without loss nothing is lost, doubled or out of order, however it is cut", () => {
  const texts = fc.array(fc.string({ unit: fc.constantFrom("a", "b", "\n"), maxLength: 9 }), { maxLength: 9 });
  fc.assert(
    fc.property(texts, (parts) => {
      const lines = new WholeLines();
      let offset = 0;
      const passed = parts.flatMap((part) => {
        offset += part.length;
        return [...lines.pass(chunk(part, offset))];
      });
      const all = [...passed, ...lines.release()];
      assert.equal(all.map(({ data }) => Buffer.from(data).toString()).join(""), parts.join(""));
      let at = 0;
      for (const { data, offset: end } of all) {
        at += data.length;
        assert.equal(end, at);
      }
    }),
  );
});
