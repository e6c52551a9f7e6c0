import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Packr } from "msgpackr/pack";
import { evaluationsUpdate } from "./commands/evaluations-update.ts";
import { jobRegister } from "./commands/job-register.ts";
import { digest } from "./digest.ts";
import { restoreSnapshot } from "./restore-snapshot.ts";
import { aJob, anAllocation, anEvaluation, ScriptedState } from "./scripted-state.ts";
import { inPieces, recordsOf, sealed, sealedRecords, snapshotBytes } from "./snapshot-bytes.ts";
import { UnreadableSnapshot } from "./snapshot-format.ts";
import { State } from "./state.ts";

const script = new ScriptedState();
script.run(jobRegister, { Job: aJob({ Meta: { key: "value" } }), Eval: anEvaluation() });
script.place(anAllocation({ ID: "a1" }), anAllocation({ ID: "a2" }));
const Metrics = { ScoreMetaData: [{ NodeID: "n1", Scores: { binpack: 0.5 } }], NodesAvailable: { dc1: 5 } };
const TaskStates = { main: { State: "running", Events: [{ Type: "Started", Details: { a: "b" } }] } };
script.place(anAllocation({ ID: "00112233-4455-6677-8899-aabbccddeeff", Metrics, TaskStates }));
const whole = await snapshotBytes(script.view);
const records = recordsOf(whole);

const restoring = (bytes: Buffer) => restoreSnapshot(inPieces(bytes));
const plain = new Packr({ useRecords: false });
/** A head of a snapshot that holds so many nodes, and so many allocations, unless `fields` say otherwise. */
const head = (nodes: number, allocations = 0, fields: object = {}) =>
  plain.pack({
    index: 7,
    tables: Object.entries({ nodes, jobs: 0, jobSummaries: 0, periodicLaunches: 0, evaluations: 0, allocations }).map(
      ([name, rows]) => ({ name, lastIndex: 0, rows }),
    ),
    times: [],
    ...fields,
  });

/** Expects the one kind of error, with what it says. */
async function refused(bytes: Buffer, said: RegExp): Promise<void> {
  await assert.rejects(restoring(bytes), (error) => {
    assert.ok(error instanceof UnreadableSnapshot, `${error}`);
    assert.match(error.message, said);
    assert.equal(error.message.includes(error.expected) && error.message.includes(error.found), true);
    return true;
  });
}

test("a snapshot that is cut short is refused, wherever it is cut, and the error says where", async () => {
  for (let length = 0; length < whole.length; length++) {
    await refused(
      whole.subarray(0, length),
      new RegExp(`at offset ${length}: expected \\d+ more bytes, found the end`),
    );
  }
});

test("a snapshot with more behind it is refused", async () => {
  await refused(Buffer.concat([whole, Buffer.of(0)]), /expected the end, found more bytes/);
  await refused(Buffer.concat([whole, whole]), /expected the end, found more bytes/);
});

test("a snapshot with any one bit changed is refused", async () => {
  for (let bit = 0; bit < 8 * whole.length; bit += 5) {
    const changed = Buffer.from(whole);
    changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
    await assert.rejects(restoring(changed), UnreadableSnapshot, `bit ${bit}`);
  }
});

test("what is no snapshot, or one of another version, is refused for what it is", async () => {
  await refused(Buffer.from("SQLite format 3\0 and more"), /at offset 0: expected "NOMADSTATE", found bytes 53514c/);
  const later = Buffer.from(whole);
  later[10] = 2;
  await refused(later, /at offset 10: expected version 1, found version 2/);
});

test("chunks that are left out, doubled or moved are refused, though each is whole", async () => {
  const long = new ScriptedState();
  const StatusDescription = "x".repeat(200_000);
  long.run(evaluationsUpdate, { Evals: ["a", "b", "c", "d"].map((ID) => anEvaluation({ ID, StatusDescription })) });
  const bytes = await snapshotBytes(long.view);
  const [start, chunks] = [bytes.subarray(0, 11), [] as Buffer[]];
  for (let at = 11; at < bytes.length; at += 8 + bytes.readUInt32BE(at)) {
    chunks.push(bytes.subarray(at, at + 8 + bytes.readUInt32BE(at)));
  }
  const [a, b, c, d] = chunks as [Buffer, Buffer, Buffer, Buffer];
  assert.equal(chunks.length, 4);
  await restoring(Buffer.concat([start, a, b, c, d]));
  for (const order of [
    [a, c, b, d],
    [a, b, d],
    [a, b, b, c, d],
    [b, c, d],
    [a, b, c, c],
  ]) {
    await refused(Buffer.concat([start, ...order]), /expected a chunk with checksum [0-9a-f]{8}, found one with/);
  }
});

test("a length that is claimed is not believed", async () => {
  const claim = (length: number) => {
    const bytes = Buffer.from(whole);
    bytes.writeUInt32BE(length, 11);
    return bytes;
  };
  await refused(claim(0xffffffff), /at offset 11: expected a chunk of 1 to 268435456 bytes, found one of 4294967295/);
  await refused(claim(0), /found one of 0/);
  await refused(claim(200 * 1024 * 1024), /expected \d+ more bytes, found the end/);
  await refused(sealed(Buffer.from("0000", "hex")), /expected a record of 1 bytes, found -2 bytes/);
  await refused(sealed(Buffer.from("fffffff0c0", "hex")), /expected a record of 4294967280 bytes, found 1 bytes/);
});

test("counts within a record are not believed either", async () => {
  const huge = ["ddffffffff", "dfffffffff", "dbffffffff", "c6ffffffff", "d47240ddffffffff", "d4724092a161dbffffffff"];
  for (const bytes of huge) {
    await refused(sealedRecords([Buffer.from(bytes, "hex")]), /expected \d+ more bytes in the record, found \d+/);
  }
});

test("nesting without end is refused before anybody follows it", async () => {
  await refused(sealedRecords([Buffer.alloc(5_000_000, 0x91)]), /expected at most 512 levels, found more/);
  const definitions = Buffer.alloc(6_000_000, Buffer.from("d4724091a161", "hex"));
  await refused(sealedRecords([definitions]), /expected at most 512 levels, found more/);
});

test("only what is written there is read: no other types, no kinds of records that were not defined", async () => {
  await refused(sealedRecords([Buffer.from("c1", "hex")]), /expected a value, found byte 0xc1/);
  await refused(sealedRecords([Buffer.from("d6ff00000000", "hex")]), /expected a value, found byte 0xd6/);
  await refused(sealedRecords([Buffer.from("40", "hex")]), /expected a kind of record that was defined, found kind 64/);
  await refused(sealedRecords([Buffer.from("d40000", "hex")]), /expected a kind of record, found bytes 0 and 0/);
  await refused(sealedRecords([Buffer.from("d4724001", "hex")]), /expected the names of fields, found a scalar/);
  await refused(sealedRecords([Buffer.from("d472409101c0", "hex")]), /expected the name of a field, found a scalar/);
  await refused(sealedRecords([Buffer.from("c0c0", "hex")]), /expected the end of the record, found 1 more bytes/);
});

test("a head that says something else is refused with what is wrong in it", async () => {
  await refused(sealedRecords([plain.pack({ index: -1 })]), /expected the head of a snapshot, found .*index/);
  await refused(sealedRecords([plain.pack([])]), /expected the head of a snapshot/);
  const tables = [{ name: "__proto__", lastIndex: 1, rows: 0 }];
  await refused(sealedRecords([head(0, 0, { tables })]), /expected the tables nodes, jobs, .*, found __proto__/);
});

test("rows are refused that are none, that come out of order or twice, or for which there is no place", async () => {
  const node = (ID: unknown) => plain.pack({ ID });
  await restoring(sealedRecords([head(2), node("a"), node("b")]));
  await refused(sealedRecords([head(1), plain.pack(["a"])]), /expected a row of "nodes", found a list/);
  await refused(sealedRecords([head(1), plain.pack("a")]), /expected a row of "nodes", found string/);
  await refused(sealedRecords([head(1), node(5)]), /expected a row of "nodes", found a record that lacks/);
  await refused(sealedRecords([head(2), node("b"), node("a")]), /expected a key of "nodes" after "b", found "a"/);
  await refused(sealedRecords([head(2), node("a"), node("A")]), /expected a key of "nodes" after "a", found "a"/);
  await refused(sealedRecords([head(1), node("a"), node("b")]), /expected the end, found another record/);
  await refused(sealedRecords([head(2), node("a")]), /expected 8 more bytes, found the end/);
});

test("an allocation with a job that was not said before is refused", async () => {
  for (const number of [0, -1, 0.5, 9]) {
    const row = plain.pack({ ...anAllocation(), Job: number });
    await refused(sealedRecords([head(0, 1), row]), new RegExp(`expected one of 0 jobs, found number ${number}`));
  }
});

test("random changes that hide from the checksum are refused, or are values that a state can hold", async () => {
  const change = fc.record({ at: fc.nat(whole.length), byte: fc.nat(255), insert: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 6 }), async (changes) => {
      const changed = [...records];
      for (const { at, byte, insert } of changes) {
        const i = at % changed.length;
        const record = changed[i] as Buffer;
        const place = at % record.length;
        changed[i] = Buffer.concat([
          record.subarray(0, place),
          Buffer.of(byte),
          record.subarray(place + (insert ? 0 : 1)),
        ]);
      }
      await restoredOrRefused(sealedRecords(changed));
    }),
    { numRuns: 3_000 },
  );
});

test("random bytes are refused, or are values that a state can hold", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 300, size: "max" }), async (bytes) => {
      await restoredOrRefused(Buffer.from(bytes));
      await restoredOrRefused(sealed(bytes));
      await restoredOrRefused(sealedRecords([head(1), bytes]));
    }),
    { numRuns: 3_000 },
  );
});

async function restoredOrRefused(bytes: Buffer): Promise<void> {
  const state = new State();
  try {
    state.replaceWith(await restoring(bytes));
    digest(state.view());
  } catch (error) {
    assert.ok(error instanceof UnreadableSnapshot, (error as Error).stack);
  }
  assert.equal(Reflect.get({}, "polluted"), undefined);
}

test("what was being read is closed when it is refused, and a state that was not replaced holds what it held", async () => {
  let closed = 0;
  async function* pieces() {
    try {
      yield whole.subarray(0, 50);
      yield Buffer.from("something else, and long enough to be missed".repeat(100));
    } finally {
      closed += 1;
    }
  }
  const before = digest(script.view);
  await assert.rejects(async () => script.state.replaceWith(await restoreSnapshot(pieces())), UnreadableSnapshot);
  assert.equal(closed, 1);
  assert.equal(digest(script.view), before);
});
