import assert from "node:assert/strict";
import { test } from "node:test";
import { type Instant, SeededRandom } from "../../base/index.ts";
import { notLinearizable, type Operation } from "./linearizable.ts";

/**
 * A history of one key, an operation a line: `start end write value`, `start end read value`, `start end swap expected value`
 * or `start end mismatch expected`, where `-` is no value, and `?` an end that nobody saw.
 */
function history(text: string, key = "web"): readonly Operation[] {
  return text
    .trim()
    .split("\n")
    .map((line) => {
      const [start, end, kind, ...values] = line.trim().split(" ");
      const [one, other] = values.map((value) => (value === "-" ? undefined : value));
      const when = { key, start: Number(start) as Instant, end: end === "?" ? undefined : (Number(end) as Instant) };
      switch (kind) {
        case "swap":
          return { ...when, kind, expected: one, value: other };
        case "mismatch":
          return { ...when, kind, expected: one };
        default:
          return { ...when, kind: kind as "read" | "write", value: one };
      }
    });
}

const explained: Readonly<Record<string, string>> = {
  "one after the other": "0 1 write a\n2 3 read a\n4 5 write -\n6 7 read -",
  "a read beside a write sees the old value or the new one": "0 1 write a\n2 9 write b\n3 4 read a\n5 6 read b",
  "writes beside each other, in an order that reads show": "0 9 write a\n0 9 write b\n10 11 read a",
  "an unknown write that came about late": "0 1 write a\n2 ? write b\n3 4 read a\n5 6 read b",
  "an unknown write that never came about": "0 1 write a\n2 ? write b\n3 4 read a\n5 6 read a",
  "a read that nobody heard the answer of": "0 1 write a\n2 ? read c\n3 4 read a",
  "a swap of the value that is there": "0 1 write a\n2 3 swap a b\n4 5 read b",
  "a swap that was refused, for the value had gone": "0 1 write a\n2 3 write b\n4 5 mismatch a\n6 7 read b",
  "a swap that was refused beside the write that was in its way": "0 1 write a\n2 9 write b\n3 4 mismatch a",
  "a swap that was refused because of a write of which nobody knows": "0 1 write a\n2 ? write b\n3 4 mismatch a",
  "an unknown swap that came about": "0 1 write a\n2 ? swap a b\n3 4 read b",
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
  "a swap of a value that is gone": "0 1 write a\n2 3 write b\n4 5 swap a c",
  "two swaps of one value": "0 1 write a\n2 9 swap a b\n2 9 swap a c",
  "a swap that was refused though the value was there": "0 1 write a\n2 3 mismatch a",
  "an unknown swap that could not have come about": "0 1 write a\n2 3 write b\n4 ? swap a c\n5 6 read c",
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

/** Users who do one thing after another on one key, each at a moment of its own between start and end. */
function manyUsers(operations: number, users: number): Operation[] {
  const random = new SeededRandom("history");
  const moments = Array.from({ length: operations }, (_, number) => 10 * number + 5);
  let value: string | undefined;
  let version = 0;
  return moments.map((moment, number): Operation => {
    const start = (moment - random.below(10 * users)) as Instant;
    const end = (moment + random.below(10 * users)) as Instant;
    const isKnown = random.below(20) > 0;
    const when = { key: "web", start, end: isKnown ? end : undefined };
    const drawn = random.below(10);
    if (drawn < 5) return { ...when, kind: "read", value, version };
    if (drawn < 6) return { ...when, kind: "mismatch", expected: `never${number}` };
    const expected = value;
    [value, version] = [`v${number}`, version + 1];
    const told = isKnown ? { ...when, version } : when;
    return drawn < 9 ? { ...told, kind: "write", value } : { ...told, kind: "swap", expected, value };
  });
}

test("two thousand operations of twenty users on one key can be judged, those that cannot be explained too", () => {
  const operations = manyUsers(2000, 20);
  assert.equal(notLinearizable(operations), undefined);
  const at = operations.findIndex(({ kind, end }, number) => number > 1000 && kind === "write" && end !== undefined);
  const stale = operations.findIndex(
    ({ kind, end }, number) => number > at + 100 && kind === "read" && end !== undefined,
  );
  const { value, version } = operations[at] as Operation & { readonly value: string };
  const broken = operations.with(stale, { ...operations[stale]!, kind: "read", value, version });
  assert.equal(notLinearizable(broken), "web");
});
