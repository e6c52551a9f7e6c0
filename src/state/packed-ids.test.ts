import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { HeldIDs, ID_LENGTH, PACKED_ID_BYTES, writeID } from "./packed-ids.ts";

const bytes = new Uint8Array(PACKED_ID_BYTES);
const held = new HeldIDs();

test("an identifier is read as it was written, and again as the same string", () => {
  fc.assert(
    fc.property(fc.uuid(), (id) => {
      assert.ok(writeID(id, bytes, 0));
      assert.equal(held.read(bytes, 0), id);
      assert.equal(held.read(bytes, 0), id);
    }),
  );
  assert.ok(writeID("00112233-4455-6677-8899-aabbccddeeff", bytes, 0));
  assert.equal(Buffer.from(bytes).toString("hex"), "00112233445566778899aabbccddeeff");
});

test("identifiers whose ends are alike are told apart", () => {
  const ids = ["0", "1", "2", "0"].map((digit) => `0000000${digit}-0000-0000-0000-000000000000`);
  const read = ids.map((id) => writeID(id, bytes, 0) && held.read(bytes, 0));
  assert.deepEqual(read, ids);
});

test("no other text is taken for one", () => {
  const id = "00112233-4455-6677-8899-aabbccddeeff";
  for (let at = 0; at < ID_LENGTH; at++) {
    for (const other of ["g", "/", ":", "`", "A", "-", "\u0130", "\u{ff11}"]) {
      if (id[at] === other) continue;
      assert.equal(writeID(id.slice(0, at) + other + id.slice(at + 1), bytes, 0), false);
    }
    if (id[at] === "-") assert.equal(writeID(`${id.slice(0, at)}0${id.slice(at + 1)}`, bytes, 0), false);
  }
});
