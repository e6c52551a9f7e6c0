import assert from "node:assert/strict";
import { test } from "node:test";
import { signalled } from "./exit-record.ts";

test("a code above 128 means a signal only if the shell says so, save for the two it keeps silent over", () => {
  assert.equal(signalled(0, ""), 0);
  assert.equal(signalled(1, "anything"), 0);
  assert.equal(signalled(137, "Killed"), 9);
  assert.equal(signalled(137, ""), 0);
  assert.equal(signalled(130, ""), 2);
  assert.equal(signalled(141, ""), 13);
  assert.equal(signalled(255, "Killed"), 0);
});
