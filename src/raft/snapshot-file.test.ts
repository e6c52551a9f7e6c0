import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock, MemoryDisk } from "../runtime/index.ts";
import { voter } from "./core/core-cluster.ts";
import { inspectSnapshot, readPieces, writeSnapshot } from "./snapshot-file.ts";

const mark = { index: 7, term: 3, membersIndex: 1, members: [voter("a")] };
const digest = "b46c86e013d6ef55bdb3e786e9d90a0112f5e29a03a65fefdb33535a51e933de";
/** What is on the disks of servers: name and version, the mark behind its length, the state, SHA-256 of all that. */
const golden = [
  "4e4f4d4144534e4150 01",
  "00000026 000000000007 000000000003 000000000001 00000001 00000001 61 00000006 613a34363437 01",
  "7374617465",
  digest,
];
const bytes = Buffer.from(golden.join("").replaceAll(" ", ""), "hex");

async function* state(): AsyncGenerator<Uint8Array> {
  yield Buffer.from("sta");
  yield Buffer.from("te");
}

test("the bytes of a snapshot's file stay what they are", async () => {
  const disk = new MemoryDisk(new ManualClock());
  const written = await disk.open("/written", "append");
  const whole = await writeSnapshot(written, mark, state());
  assert.deepEqual(Buffer.from(await disk.read("/written")), bytes);
  assert.deepEqual(whole, { mark, totalBytes: bytes.length, stateOffset: bytes.length - 37, checksum: digest });
  await disk.writeAtomically("/given", bytes);
  const given = await disk.open("/given", "read");
  assert.deepEqual(await inspectSnapshot(given), whole);
  const pieces: Uint8Array[] = [];
  for await (const piece of readPieces(given, whole.stateOffset, bytes.length - 32)) pieces.push(piece);
  assert.equal(Buffer.concat(pieces).toString(), "state");
});
