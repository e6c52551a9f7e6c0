import assert from "node:assert/strict";
import { test } from "node:test";
import type { Instant } from "../../base/index.ts";
import { notLinearizable, type Operation } from "./linearizable.ts";

/**
 * A history of one key, an operation a line: `start end write value` or `start end read value`, where `-` is no value,
 * and `?` an end that nobody saw.
 */
function history(text: string, key = "web"): readonly Operation[] {
  return text
    .trim()
    .split("\n")
    .map((line) => {
      const [start, end, kind, value] = line.trim().split(" ");
      return {
        kind: kind as "read" | "write",
        key,
        value: value === "-" ? undefined : value,
        start: Number(start) as Instant,
        end: end === "?" ? undefined : (Number(end) as Instant),
      };
    });
}

const explained: Readonly<Record<string, string>> = {
  "one after the other": "0 1 write a\n2 3 read a\n4 5 write -\n6 7 read -",
  "a read beside a write sees the old value or the new one": "0 1 write a\n2 9 write b\n3 4 read a\n5 6 read b",
  "writes beside each other, in an order that reads show": "0 9 write a\n0 9 write b\n10 11 read a",
  "an unknown write that came about late": "0 1 write a\n2 ? write b\n3 4 read a\n5 6 read b",
  "an unknown write that never came about": "0 1 write a\n2 ? write b\n3 4 read a\n5 6 read a",
  "a read that nobody heard the answer of": "0 1 write a\n2 ? read c\n3 4 read a",
  "ends that touch": "0 5 write a\n5 9 read -",
};
for (const [name, text] of Object.entries(explained)) {
  test(`can be explained: ${name}`, () => {
    assert.equal(notLinearizable(history(text)), undefined);
  });
}

const unexplained: Readonly<Record<string, string>> = {
  "a read that goes back": "0 1 write a\n2 9 write b\n3 4 read b\n5 6 read a",
  "an acknowledged write that is lost": "0 1 write a\n2 3 write b\n4 5 read a",
  "an acknowledged removal that is lost": "0 1 write a\n2 3 write -\n4 5 read a",
  "a value that nobody wrote": "0 1 write a\n2 3 read c",
  "a value before it was written": "0 1 read a\n2 3 write a",
  "a write that comes about twice": "0 1 write a\n2 3 write b\n4 5 read b\n6 7 read a",
  "two readers who saw two writes in different orders": "0 9 write a\n0 9 write b\n10 11 read a\n12 13 read b",
  "an unknown write that is there and then is not": "0 1 write a\n2 ? write b\n3 4 read b\n5 6 read a",
};
for (const [name, text] of Object.entries(unexplained)) {
  test(`cannot be explained: ${name}`, () => {
    assert.equal(notLinearizable(history(text)), "web");
  });
}

test("each key is looked at by itself", () => {
  const good = history("0 1 write a\n2 3 read a", "good");
  const bad = history("0 1 write b\n2 3 read a", "bad");
  assert.equal(notLinearizable([...good, ...bad]), "bad");
});

test("a hundred writes of which nobody knows are no trouble", () => {
  const unknown = Array.from({ length: 100 }, (_, number) => `${number} ? write v${number}`).join("\n");
  const reads = Array.from(
    { length: 50 },
    (_, number) => `${200 + 2 * number} ${201 + 2 * number} read v${number * 2}`,
  );
  assert.equal(notLinearizable(history(`${unknown}\n${reads.join("\n")}`)), undefined);
});
