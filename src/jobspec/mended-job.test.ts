import assert from "node:assert/strict";
import { test } from "node:test";
import { HCLError } from "../hcl/index.ts";
import type { Job } from "../model/index.ts";
import { mendedJob } from "./mended-job.ts";
import { parseJob } from "./parse-job.ts";

/** The job of a file that is wrong, mended. */
function mended(text: string): Job | undefined {
  try {
    parseJob(text, "x.nomad");
  } catch (error) {
    if (error instanceof HCLError) return mendedJob(error, text, "x.nomad");
    throw error;
  }
  return assert.fail("the file is right");
}

const task = 'task "t" { driver = "exec" config { command = "x" } }';

test("a misspelt key is the one that was meant, also of a block and further in", () => {
  const job = mended(`job "j" {
    datacentres = ["dc1"]
    grup "g" { cuont = 3 ${task} }
  }`);
  assert.deepEqual(job?.Datacenters, ["dc1"]);
  assert.equal(job?.TaskGroups[0]?.Count, 3);
});

test("a key that is like none is left out, and so is a value that cannot be read", () => {
  const job = mended(`job "j" {
    zzzzzzzz = 1
    priority = "high"
    datacenters = ["dc1"]
    ${task}
  }`);
  assert.equal(job?.Priority, 50);
  assert.equal(job?.TaskGroups[0]?.Tasks[0]?.Driver, "exec");
});

test("JSON is mended alike", () => {
  assert.deepEqual(mended('{ "job": { "j": { "datacentres": ["dc1"] } } }')?.Datacenters, ["dc1"]);
});

test("where it would be guessing nothing is mended: a text that cannot be read, blocks that are wrong", () => {
  assert.equal(mended('job "j" { priority = '), undefined);
  assert.equal(mended('job "j" {} job "k" {}'), undefined);
  assert.equal(mended('job "j" { periodic { cron = "@daily" } periodic { cron = "@daily" } }'), undefined);
});
