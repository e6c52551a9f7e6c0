import assert from "node:assert/strict";
import { test } from "node:test";
import { ran, systemError } from "../testing/console.ts";

test("an example job file is written to the current directory", async () => {
  const { code, out, written } = await ran("init");
  assert.deepEqual([code, out], [0, "Example job file written to example.nomad\n"]);
  assert.match(written.get("/home/ann/example.nomad") ?? "", /^job "example" \{$/m);
});

test("a file that is there already is left alone", async () => {
  const { code, err, written } = await ran("init", { files: { "/home/ann/example.nomad": "mine" } });
  assert.deepEqual([code, err, written.size], [1, "Job 'example.nomad' already exists\n", 0]);
});

test("a directory that cannot be written to is told", async () => {
  const { code, err } = await ran("init", { files: { "/home/ann/example.nomad": systemError("EACCES") } });
  assert.deepEqual([code, err], [1, "Failed to write 'example.nomad': EACCES: pretended\n"]);
});
