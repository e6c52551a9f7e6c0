import assert from "node:assert";
import { test } from "node:test";
import fc from "fast-check";
import { MalformedBytes } from "./binary.ts";
import { voter } from "./core/core-cluster.ts";
import type { EntryContent, LogEntry } from "./core/log-entry.ts";
import type { RaftMessage } from "./core/messages.ts";
import { FrameCutter, framed } from "./frames.ts";
import { decodeMessage, encodeMessage } from "./wire.ts";

const whole = fc.integer({ min: 0, max: 2 ** 40 });
const text = fc.string({ maxLength: 20 });
const someBytes = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));
const member = fc.record({ id: text, address: text, voter: fc.boolean() }, { noNullPrototype: true });
const members = fc.array(member, { maxLength: 5 });
const content: fc.Arbitrary<EntryContent> = fc.oneof(
  fc.record({ kind: fc.constant("command" as const), data: someBytes }),
  fc.record({ kind: fc.constant("barrier" as const) }),
  fc.record({ kind: fc.constant("members" as const), members }),
  fc.record({ kind: fc.constant("restorePart" as const), data: someBytes }),
  fc.record({ kind: fc.constant("restoreEnd" as const), first: whole, bytes: whole }),
);
const ballot = fc.constantFrom("trial" as const, "real" as const, "handover" as const);
const place = { term: whole };

const append: fc.Arbitrary<RaftMessage> = fc
  .record({
    previousIndex: whole,
    previousTerm: fc.nat(99),
    commit: whole,
    contents: fc.array(content, { maxLength: 5 }),
  })
  .map(({ previousIndex, previousTerm, commit, contents }) => {
    const entries = contents.map(
      (each, at): LogEntry => ({ ...each, index: previousIndex + 1 + at, term: previousTerm + at }),
    );
    return { kind: "append", term: previousTerm + 10, previousIndex, previousTerm, commit, entries };
  });

const message: fc.Arbitrary<RaftMessage> = fc.oneof(
  fc.record({ kind: fc.constant("voteRequest" as const), ...place, ballot, lastIndex: whole, lastTerm: whole }),
  fc.record({ kind: fc.constant("voteReply" as const), ...place, ballot, granted: fc.boolean() }),
  append,
  fc.record({ kind: fc.constant("appended" as const), ...place, matched: whole }),
  fc.record({
    kind: fc.constant("appendRefused" as const),
    ...place,
    previousIndex: whole,
    hintIndex: whole,
    hintTerm: whole,
  }),
  fc.record({ kind: fc.constant("campaignNow" as const), ...place }),
  fc
    .record({ ...place, index: fc.integer({ min: 1, max: 2 ** 40 }), members, offset: fc.nat(1000), data: someBytes })
    .map(({ term, index, members: servers, offset, data }) => ({
      kind: "installSnapshot" as const,
      term,
      snapshot: { index, term: 3, members: servers, membersIndex: 1 },
      chunk: { offset, data, totalBytes: offset + data.length + 5, checksum: "abc" },
    })),
  fc.record({ kind: fc.constant("snapshotStored" as const), ...place, index: whole, received: whole }),
  fc.record({ kind: fc.constant("confirm" as const), ...place, round: whole }),
  fc.record({ kind: fc.constant("confirmed" as const), ...place, round: whole }),
);

test("what is encoded is decoded as it was, every kind of message", () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(message, (sent) => {
      seen.add(sent.kind);
      assert.deepEqual(decodeMessage(encodeMessage(sent)), sent);
    }),
    { numRuns: 2000 },
  );
  assert.equal(seen.size, 10);
});

/** These bytes are what servers of this version say to each other. */
const golden: readonly (readonly [RaftMessage, string])[] = [
  [
    { kind: "voteRequest", ballot: "handover", term: 5, lastIndex: 9, lastTerm: 4 },
    "0101000000000005020000000000090000000000 04",
  ],
  [{ kind: "voteReply", ballot: "real", term: 5, granted: true }, "0102000000000005 01 01"],
  [
    {
      kind: "append",
      term: 2,
      previousIndex: 7,
      previousTerm: 1,
      commit: 6,
      entries: [
        { kind: "command", index: 8, term: 1, data: Buffer.from("hi") },
        { kind: "barrier", index: 9, term: 2 },
        { kind: "members", index: 10, term: 2, members: [voter("a")] },
        { kind: "restorePart", index: 11, term: 2, data: Buffer.from("s") },
        { kind: "restoreEnd", index: 12, term: 2, first: 11, bytes: 1 },
      ],
    },
    "0103000000000002 000000000007 000000000001 000000000006 00000005" +
      "000000000001 00 00000002 6869 000000000002 01 000000000002 02 00000001 00000001 61 00000006 613a34363437 01" +
      "000000000002 03 00000001 73 000000000002 04 00000000000b 000000000001",
  ],
  [{ kind: "appended", term: 1, matched: 3 }, "0104000000000001 000000000003"],
  [
    { kind: "appendRefused", term: 1, previousIndex: 3, hintIndex: 2, hintTerm: 1 },
    "0105000000000001 000000000003 000000000002 000000000001",
  ],
  [{ kind: "campaignNow", term: 1 }, "0106000000000001"],
  [
    {
      kind: "installSnapshot",
      term: 2,
      snapshot: { index: 4, term: 1, membersIndex: 1, members: [voter("a")] },
      chunk: { offset: 1, totalBytes: 3, checksum: "c", data: Buffer.from("x") },
    },
    "0107000000000002 000000000004 000000000001 000000000001 00000001 00000001 61 00000006 613a34363437 01" +
      "000000000001 000000000003 00000001 63 00000001 78",
  ],
  [{ kind: "snapshotStored", term: 1, index: 4, received: 2 }, "0108000000000001 000000000004 000000000002"],
  [{ kind: "confirm", term: 1, round: 2 }, "0109000000000001 000000000002"],
  [{ kind: "confirmed", term: 1, round: 2 }, "010a000000000001 000000000002"],
];

for (const [sent, bytes] of golden) {
  test(`the bytes of "${sent.kind}" stay what they are`, () => {
    const golden = Buffer.from(bytes.replaceAll(" ", ""), "hex");
    assert.deepEqual(encodeMessage(sent), golden);
    assert.deepEqual(decodeMessage(golden), sent);
  });
}

test("whatever else comes is refused, and nothing worse happens: random bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => tryDecode(bytes)),
    { numRuns: 20_000 },
  );
});

test("whatever else comes is refused, and nothing worse happens: real messages with bytes changed, cut or added", () => {
  const edit = fc.record({ at: fc.nat(), value: fc.nat(255), cut: fc.boolean() });
  fc.assert(
    fc.property(message, edit, (sent, { at, value, cut }) => {
      const bytes = Uint8Array.from(encodeMessage(sent));
      bytes[at % bytes.length] = value;
      tryDecode(cut ? bytes.subarray(0, at % bytes.length) : bytes);
      assert.throws(() => decodeMessage(Buffer.concat([encodeMessage(sent), Buffer.alloc(1)])), MalformedBytes);
    }),
    { numRuns: 5000 },
  );
});

test("counts that promise more than there is cost nothing", () => {
  const header = "0103000000000002 000000000007 000000000001 000000000006 ffffffff".replaceAll(" ", "");
  assert.throws(() => decodeMessage(Buffer.from(header, "hex")), /fewer than 4294967295 entries/);
});

test("entries whose terms fall, or are above the sender's, are no log", () => {
  const base = { kind: "append", term: 2, previousIndex: 7, previousTerm: 2, commit: 6 } as const;
  for (const term of [1, 3]) {
    const entries = [{ kind: "barrier", index: 8, term }] as const;
    assert.throws(() => decodeMessage(encodeMessage({ ...base, entries })), /a term from 2 to 2/);
  }
});

test("another version is named", () => {
  assert.throws(() => decodeMessage(Buffer.from("0206000000000001", "hex")), /Expected version 1, found 2/);
});

test("what carries an entry does not hold the chunk that it came in", () => {
  const entry = { kind: "command", index: 2, term: 1, data: Buffer.of(1) } as const;
  const message = { kind: "append", term: 1, previousIndex: 1, previousTerm: 1, commit: 0, entries: [entry] } as const;
  const chunk = Buffer.concat(framed(encodeMessage(message)));
  const [cut] = new FrameCutter().push(chunk);
  assert.notEqual(cut!.buffer, chunk.buffer);
});

test("messages are cut out of the stream wherever it is cut, and a length above the limit is refused at once", () => {
  const sent = [Buffer.from("one"), Buffer.alloc(0), Buffer.from("three")];
  const stream = Buffer.concat(sent.flatMap(framed));
  for (let size = 1; size <= stream.length; size++) {
    const cutter = new FrameCutter();
    const got: string[] = [];
    for (let at = 0; at < stream.length; at += size) {
      for (const each of cutter.push(stream.subarray(at, at + size))) got.push(String(each));
    }
    assert.deepEqual(got, ["one", "", "three"]);
  }
  assert.throws(() => [...new FrameCutter(10).push(Buffer.from([0, 0, 0, 11]))], /at most 10 bytes, found 11/);
});

function tryDecode(bytes: Uint8Array): void {
  try {
    decodeMessage(bytes);
  } catch (error) {
    assert.equal(error instanceof MalformedBytes, true, String(error));
  }
}
