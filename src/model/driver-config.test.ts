import assert from "node:assert/strict";
import { test } from "node:test";
import { driverConfigProblems, isKnownDriver } from "./driver-config.ts";

test("a config that has what its driver wants is accepted", () => {
  assert.deepEqual(driverConfigProblems("exec", { command: "/bin/date", args: ["-u"] }), []);
  assert.deepEqual(driverConfigProblems("docker", { image: "redis", port_map: [{ db: 6379 }], ssl: true }), []);
  assert.deepEqual(driverConfigProblems("raw_exec", { command: 5 }), []);
  assert.deepEqual(driverConfigProblems("mock", { run_for: "1s" }), []);
});

test("what is missing, unknown or of another type is named, all at once", () => {
  const config = JSON.parse('{"ssl": "true", "shm_size": "100", "load": "a.tar", "bar": 1, "__proto__": 2}');
  assert.deepEqual(driverConfigProblems("docker", config), [
    'field "image" is required',
    `field "ssl" with input "true" doesn't seem to be of type boolean`,
    `field "shm_size" with input "100" doesn't seem to be of type integer`,
    `field "load" with input "a.tar" doesn't seem to be of type array`,
    '"bar" is an invalid field',
    '"__proto__" is an invalid field',
  ]);
});

test("an empty value for a required key counts as none", () => {
  assert.deepEqual(driverConfigProblems("exec", { command: "" }), [
    'field "command" is required, but no value was found',
  ]);
});

test("only drivers that exist are known", () => {
  assert.ok(isKnownDriver("docker"));
  assert.ok(!isKnownDriver("constructor"));
});
