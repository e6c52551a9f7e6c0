import assert from "node:assert/strict";
import { test } from "node:test";
import { parseGossipKey } from "./gossip-key.ts";

test("keys of the three lengths of AES are taken in base64", () => {
  for (const length of [16, 24, 32]) {
    const key = Buffer.alloc(length, 9);
    const parsed = parseGossipKey(key.toString("base64"));
    assert.ok(parsed.ok);
    assert.deepEqual(Buffer.from(parsed.key), key);
  }
});

test("what is no key is refused with the reason, and without the text", () => {
  const secret = "almost-a-secret-key!";
  assert.deepEqual(parseGossipKey(secret), { ok: false, reason: "it is not base64" });
  assert.deepEqual(parseGossipKey(`${Buffer.alloc(16).toString("base64")} `), {
    ok: false,
    reason: "it is not base64",
  });
  assert.deepEqual(parseGossipKey(Buffer.alloc(15).toString("base64")), {
    ok: false,
    reason: "it has 15 bytes, and must have 16, 24 or 32",
  });
  assert.deepEqual(parseGossipKey(""), { ok: false, reason: "it has 0 bytes, and must have 16, 24 or 32" });
});
