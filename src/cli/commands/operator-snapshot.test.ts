import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { ran, systemError } from "../testing/console.ts";
import { savedSnapshot } from "../testing/saved-snapshot.ts";

const digest = `sha-256=${createHash("sha256").update("all of the state").digest("base64")}`;
const saving = { "GET /v1/operator/snapshot": { pieces: ["all of ", "the state"], digest } };

test("a snapshot is saved to the file that is named, or to one with the date in its name", async () => {
  const { code, out, written } = await ran("operator snapshot save backup.snap", { agent: saving });
  assert.deepEqual([code, out], [0, "State file written to backup.snap\n"]);
  assert.deepEqual([...written], [["/home/ann/backup.snap", "all of the state"]]);
  const unnamed = await ran("operator snapshot save", { agent: saving });
  assert.equal(unnamed.out, "State file written to nomad-state-20261122-1795342800.snap\n");
});

test("-stale lets any server answer", async () => {
  const agent = { "GET /v1/operator/snapshot?stale=": { pieces: ["state"] } };
  assert.equal((await ran("operator snapshot save -stale x", { agent })).code, 0);
});

test("a file that is there is not touched, and one that cannot be written is told of", async () => {
  const there = await ran("operator snapshot save x", { agent: saving, files: { "/home/ann/x": "old" } });
  assert.deepEqual([there.code, there.err], [1, 'Destination file already exists: "x"\n']);
  const files = { "/home/ann/x": systemError("ENOSPC") };
  const full = await ran("operator snapshot save x", { agent: saving, files });
  assert.deepEqual([full.code, full.err], [1, "Failed to write snapshot file: ENOSPC: pretended\n"]);
});

test("what is not what the agent said it would send leaves no file", async () => {
  const agent = { "GET /v1/operator/snapshot": { pieces: ["all of the"], digest } };
  const { code, err, written } = await ran("operator snapshot save x", { agent });
  assert.deepEqual([code, written.size], [1, 0]);
  assert.match(err, /^Failed to get snapshot file: what came has the SHA-256 \S+, not \S+: ask for it again\n$/);
});

test("an agent that refuses is heard, by those who save and by those who restore", async () => {
  const text = "No cluster leader";
  const agent = {
    "GET /v1/operator/snapshot": { status: 500, text },
    "PUT /v1/operator/snapshot": { status: 500, text },
  };
  const saved = await ran("operator snapshot save x", { agent });
  const reason = "Unexpected response code: 500 (No cluster leader)\n";
  assert.deepEqual([saved.code, saved.err], [1, `Failed to get snapshot file: ${reason}`]);
  const restored = await ran("operator snapshot restore x", { agent, files: { "/home/ann/x": "state" } });
  assert.deepEqual([restored.code, restored.err], [1, `Failed to restore snapshot: ${reason}`]);
});

test("a file is restored as it is", async () => {
  const agent = { "PUT /v1/operator/snapshot": { status: 200, text: "" } };
  const { code, out, asked } = await ran("operator snapshot restore x", { agent, files: { "/home/ann/x": "state" } });
  assert.deepEqual([code, out, asked[0]?.body], [0, "Snapshot Restored\n", "state"]);
});

test("a file that is not there is told of before anybody is asked", async () => {
  const { code, err, asked } = await ran("operator snapshot restore x");
  assert.deepEqual([code, err, asked.length], [1, "Error opening file: ENOENT: pretended\n", 0]);
  const inspected = await ran("operator snapshot inspect x");
  assert.deepEqual([inspected.code, inspected.err], [1, "Error opening snapshot file: ENOENT: pretended\n"]);
});

test("a snapshot of an earlier day is read, and what it holds is counted", async () => {
  const files = { "/home/ann/x": savedSnapshot };
  const { code, out, asked } = await ran("operator snapshot inspect x", { files });
  assert.deepEqual([code, asked.length], [0, 0]);
  assert.equal(out, expected);
  const json = JSON.parse((await ran("operator snapshot inspect -json x", { files })).out);
  assert.deepEqual([json.Meta.Index, json.Types.length, json.Types[1].Type, json.Types[1].Count], [3, 7, "Job", 2]);
});

test("a damaged file is told of, wherever the damage is", async () => {
  for (let at = 40; at < savedSnapshot.length; at += 97) {
    const damaged = Buffer.from(savedSnapshot);
    damaged[at]! ^= 0x10;
    const { code, err } = await ran("operator snapshot inspect x", { files: { "/home/ann/x": damaged } });
    assert.equal(code, 1, `byte ${at}`);
    assert.match(err, /^Error verifying snapshot: Cannot read /);
  }
});

test("wrong usage is told, and -h succeeds", async () => {
  for (const line of ["save a b", "restore", "restore a b", "inspect", "inspect a b"]) {
    const { code, err, asked } = await ran(`operator snapshot ${line}`);
    assert.deepEqual([code, asked.length], [1, 0], line);
    assert.match(err, /^Usage: nomad operator snapshot /);
  }
  for (const name of ["save", "restore", "inspect"]) {
    const { code, out } = await ran(`operator snapshot ${name} -help`);
    assert.equal(code, 0);
    for (const text of out.split("\n")) assert.ok(text.length <= 100, text);
  }
});

const expected = `ID       2-3-1795342800000
Size     2450
Index    3
Term     2
Version  1

Type             Count  Size
Node             1      725 B
Job              2      873 B
JobSummary       2      211 B
PeriodicLaunch   0      0 B
Eval             2      467 B
Alloc            0      0 B
SchedulerConfig  0      0 B
Total                   2.2 KiB
`;
