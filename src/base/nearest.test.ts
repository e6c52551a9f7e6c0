import assert from "node:assert/strict";
import { test } from "node:test";
import { nearest } from "./nearest.ts";

test("a mistyped word finds the one that was meant", () => {
  assert.equal(nearest("datacentres", ["region", "datacenters", "type"]), "datacenters");
  assert.equal(nearest("Count", ["count", "meta"]), "count");
  assert.equal(nearest("cuont", ["count", "constraint"]), "count");
});

test("a word that is like no other finds none", () => {
  assert.equal(nearest("foo", ["region", "datacenters", "type"]), undefined);
  assert.equal(nearest("x".repeat(100_000), ["x"]), undefined);
});
