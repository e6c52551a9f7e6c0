import assert from "node:assert/strict";
import { test } from "node:test";
import { voter } from "./core/core-cluster.ts";
import type { LogEntry } from "./core/log-entry.ts";
import { decodeEntry, decodeHead, decodeIdentity, encodeEntry, encodeHead, encodeIdentity } from "./log-record.ts";

/** These bytes are on the disks of servers: checksum, version, term, kind, content. */
const entries: readonly (readonly [LogEntry, string])[] = [
  [{ kind: "command", index: 8, term: 1, data: Buffer.from("hi") }, "eb6bb99a 01 000000000001 00 00000002 6869"],
  [{ kind: "barrier", index: 9, term: 2 }, "634acada 01 000000000002 01"],
  [
    { kind: "members", index: 10, term: 2, members: [voter("a")] },
    "8770be8a 01 000000000002 02 00000001 00000001 61 00000006 613a34363437 01",
  ],
  [{ kind: "restorePart", index: 11, term: 2, data: Buffer.from("s") }, "df9cd7dc 01 000000000002 03 00000001 73"],
  [
    { kind: "restoreEnd", index: 12, term: 2, first: 11, bytes: 1 },
    "54fcded0 01 000000000002 04 00000000000b 000000000001",
  ],
];
const golden = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");

for (const [entry, bytes] of entries) {
  test(`the record of an entry of kind "${entry.kind}" stays what it is`, () => {
    assert.deepEqual(Buffer.from(encodeEntry(entry)), golden(bytes));
    assert.deepEqual(decodeEntry(entry.index, golden(bytes)), entry);
  });
}

test("the record of the vote and the log's ends stays what it is, with a vote and without", () => {
  const [base, last] = [
    { index: 4, term: 1 },
    { index: 9, term: 2 },
  ];
  const ends = "000000000004 000000000001 000000000009 000000000002";
  const voted = { ballot: { term: 3, votedFor: "a" }, base, last };
  const votedBytes = golden(`8d94a124 01 000000000003 01 00000001 61 ${ends}`);
  assert.deepEqual(Buffer.from(encodeHead(voted)), votedBytes);
  assert.deepEqual(decodeHead(votedBytes), voted);
  const silent = { ballot: { term: 3 }, base, last };
  const silentBytes = golden(`55ef4d67 01 000000000003 00 ${ends}`);
  assert.deepEqual(Buffer.from(encodeHead(silent)), silentBytes);
  assert.deepEqual(decodeHead(silentBytes), silent);
});

test("the record of whose log it is stays what it is", () => {
  const bytes = golden("38f894c6 01 00000001 61");
  assert.deepEqual(Buffer.from(encodeIdentity("a")), bytes);
  assert.equal(decodeIdentity(bytes), "a");
});
