import assert from "node:assert/strict";
import { test } from "node:test";
import { lowerCaser } from "./lower-case.ts";

test("texts are put in lower case, in whatever order they are asked for", () => {
  const lower = lowerCaser();
  assert.deepEqual(["", "A", "a", "A", "B", "", "b"].map(lower), ["", "a", "a", "a", "b", "", "b"]);
});
