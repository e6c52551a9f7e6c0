import assert from "node:assert/strict";
import { test } from "node:test";
import { ran } from "../testing/console.ts";

const key = Buffer.alloc(32, 7).toString("base64");
const none = { Keys: {}, Messages: {}, NumNodes: 3 };

test("a new key is made without asking an agent, and is one that servers take", async () => {
  const { code, out, asked } = await ran("operator gossip keyring generate");
  assert.deepEqual([code, asked.length], [0, 0]);
  assert.match(out, /^[A-Za-z0-9+/]{43}=\n$/);
  assert.equal(Buffer.from(out, "base64").length, 32);
});

test("keys are listed with how many servers know each", async () => {
  const agent = { "GET /v1/agent/keyring/list": { json: { ...none, Keys: { [key]: 3, [`${key}\u001b[2J`]: 1 } } } };
  const { code, out } = await ran("operator gossip keyring list", { agent });
  assert.equal(code, 0);
  assert.match(out, /^Gathering installed encryption keys\.\.\.\nKey +Servers\n/);
  assert.ok(out.includes(`${key} `) && / 3\/3\n/.test(out) && / 1\/3\n/.test(out));
  assert.ok(!out.includes("\u001b"), "what a server says does not command the terminal");
});

test("keys are installed, used and removed by all servers", async () => {
  for (const [verb, said] of [
    ["install", "Installing new gossip encryption key..."],
    ["use", "Changing primary gossip encryption key..."],
    ["remove", "Removing gossip encryption key..."],
  ]) {
    const path = `PUT /v1/agent/keyring/${verb}`;
    const done = await ran(`operator gossip keyring ${verb} ${key}`, { agent: { [path]: { json: none } } });
    assert.deepEqual([done.code, done.out, done.err], [0, `${said}\n`, ""]);
    assert.deepEqual(JSON.parse(done.asked[0]?.body ?? ""), { Key: key });
    const refused = { status: 500, text: "1/3 nodes reported failure: s2.global: no" };
    const failed = await ran(`operator gossip keyring ${verb} ${key}`, { agent: { [path]: refused } });
    assert.equal(failed.code, 1);
    assert.match(failed.err, /^Error .* gossip key: Unexpected response code: 500 \(1\/3 nodes .* s2\.global: no\)\n$/);
    assert.equal((await ran(`operator gossip keyring ${verb}`)).code, 1);
  }
});

test("without a known subcommand the subcommands are shown", async () => {
  const { code, err } = await ran("operator gossip keyring");
  assert.equal(code, 1);
  assert.match(err, /^Usage: nomad operator gossip keyring <subcommand>[\s\S]*\n {4}generate +\S/);
});
