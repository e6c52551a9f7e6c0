import assert from "node:assert/strict";
import { test } from "node:test";
import { framed } from "./frames.ts";
import { decodeIntroduction, encodeIntroduction } from "./handshake.ts";

const introduction = { from: "a", address: "a:4647", to: "b" };
const golden = Buffer.from("01 00000001 61 00000006 613a34363437 00000001 62".replaceAll(" ", ""), "hex");

test("the bytes of an introduction stay what they are, in a frame of their own", () => {
  assert.deepEqual(encodeIntroduction(introduction), golden);
  assert.deepEqual(decodeIntroduction(golden), introduction);
  assert.equal(Buffer.concat([...framed(golden)]).toString("hex"), `00000015${golden.toString("hex")}`);
});

test("another version, a cut anywhere and a byte too many are refused", () => {
  assert.throws(() => decodeIntroduction(Buffer.concat([Buffer.of(2), golden.subarray(1)])), /version 1, found 2/);
  for (let end = 0; end < golden.length; end++) {
    assert.throws(() => decodeIntroduction(golden.subarray(0, end)), { name: "MalformedBytes" });
  }
  assert.throws(() => decodeIntroduction(Buffer.concat([golden, Buffer.of(0)])), { name: "MalformedBytes" });
});
