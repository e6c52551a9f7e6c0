import assert from "node:assert/strict";
import { createCipheriv } from "node:crypto";
import { test } from "node:test";
import { SeededRandom } from "../base/index.ts";
import { ENCRYPTION_BYTES, Keyring } from "./keyring.ts";
import { Unreadable } from "./wire/unreadable.ts";

const random = new SeededRandom("keyring");
const [a, b] = [Buffer.alloc(16, 1), Buffer.alloc(24, 2)];
const text = Buffer.from("who is alive");

test("what one key encrypts any installed key decrypts, and what is sent beside must be as it was", () => {
  const ring = new Keyring(a, [b]);
  const blob = new Keyring(b).encrypt(text, random, Buffer.from("header"));
  assert.equal(blob.length, text.length + ENCRYPTION_BYTES);
  assert.deepEqual(Buffer.from(ring.decrypt(blob, Buffer.from("header"))), text);
  assert.throws(() => ring.decrypt(blob, Buffer.from("haeder")), Unreadable);
  assert.throws(() => new Keyring(a).decrypt(blob, Buffer.from("header")), /no installed key/);
  for (const at of [1, 14, blob.length - 1]) {
    const forged = Buffer.from(blob);
    forged[at] = (forged[at] as number) ^ 1;
    assert.throws(() => ring.decrypt(forged, Buffer.from("header")), Unreadable);
  }
  assert.throws(() => ring.decrypt(blob.subarray(0, 20)), /cut off/);
  assert.throws(() => ring.decrypt(Buffer.concat([Uint8Array.of(2), blob.subarray(1)])), /unknown version/);
});

test("a message of version 0, padded to whole blocks as memberlist's oldest members do, is read", () => {
  const [nonce, key] = [Buffer.alloc(12, 3), Buffer.alloc(16, 1)];
  const sealed = (padded: Uint8Array) => {
    const cipher = createCipheriv("aes-128-gcm", key, nonce);
    return Buffer.concat([Uint8Array.of(0), nonce, cipher.update(padded), cipher.final(), cipher.getAuthTag()]);
  };
  const padded = Buffer.concat([text, Buffer.alloc(4, 4)]);
  assert.deepEqual(Buffer.from(new Keyring(key).decrypt(sealed(padded))), text);
  for (const padding of [0, 17]) {
    assert.throws(() => new Keyring(key).decrypt(sealed(Buffer.alloc(16, padding))), /is not padded/);
  }
});

test("two messages never share a nonce", () => {
  const ring = new Keyring(a);
  const nonces = new Set(
    Array.from({ length: 1_000 }, () => Buffer.from(ring.encrypt(text, random).subarray(1, 13)).toString("hex")),
  );
  assert.equal(nonces.size, 1_000);
});

test("keys are installed before they are used, and the one in use is not removed", () => {
  const ring = new Keyring(a);
  assert.throws(() => ring.use(b), /requested key is not in the keyring/);
  ring.install(b);
  ring.install(b);
  assert.equal(ring.list().length, 2);
  ring.use(b);
  assert.deepEqual(Buffer.from(ring.primary), b);
  assert.throws(() => ring.remove(b), /removing the primary key is not allowed/);
  ring.remove(a);
  assert.deepEqual(ring.list().length, 1);
  assert.throws(() => new Keyring(Buffer.alloc(15)), /key size must be 16, 24 or 32 bytes/);
});
