import assert from "node:assert/strict";
import { test } from "node:test";
import { fullID, idPrefix, newest } from "./lookup.ts";

test("a prefix is read as hexadecimal digits, hyphens where they belong or left out", () => {
  assert.equal(idPrefix("node", "AB"), "ab");
  assert.equal(idPrefix("node", "0123456789"), "01234567-89");
  assert.equal(idPrefix("node", "01234567-89"), "01234567-89");
  assert.equal(idPrefix("node", ""), "");
});

test("what is no prefix of an id is refused in the words peers know", () => {
  const refusal = (prefix: string) => () => idPrefix("node", prefix);
  assert.throws(refusal("abc"), {
    message: "node lookup failed: index error: Input (without hyphens) must be even length",
  });
  assert.throws(refusal("zz"), {
    message: "node lookup failed: index error: Invalid UUID: encoding/hex: invalid byte: U+007A 'z'",
  });
  assert.throws(refusal("0".repeat(34)), { message: /UUID must be 36 characters/ });
});

test("a whole id must be one", () => {
  const id = "FB27F8C3-0000-4000-8000-000000000001";
  assert.equal(fullID("alloc", id), id.toLowerCase());
  assert.throws(() => fullID("alloc", "nope"), {
    message: "alloc lookup failed: index error: UUID must be 36 characters",
  });
});

test("the newest of no rows is what is said instead", () => {
  assert.equal(newest([], 7), 7);
  assert.equal(newest([{ ModifyIndex: 3 }, { ModifyIndex: 9 }], 7), 9);
});
