import assert from "node:assert/strict";
import { test } from "node:test";
import { imageFormat, imageHeadBytes } from "./qemu-image.ts";

/** The beginning of a qcow2 image. */
function qcow2({ version = 3, backingAt = 0n, features = 0n } = {}): Buffer {
  const head = Buffer.alloc(imageHeadBytes);
  head.write("QFI\xfb", "latin1");
  head.writeUInt32BE(version, 4);
  head.writeBigUInt64BE(backingAt, 8);
  head.writeBigUInt64BE(features, 72);
  return head;
}

test("an image is told by its first bytes; what says nothing is raw", () => {
  const vdi = Buffer.alloc(imageHeadBytes);
  vdi.writeUInt32LE(0xbeda107f, 64);
  assert.equal(imageFormat(qcow2()), "qcow2");
  assert.equal(imageFormat(qcow2({ version: 2, features: 0b100n })), "qcow2");
  assert.equal(imageFormat(qcow2({ version: 1 })), "qcow");
  assert.equal(imageFormat(vdi), "vdi");
  assert.equal(imageFormat(Buffer.from("vhdxfile....")), "vhdx");
  assert.equal(imageFormat(Buffer.from("conectix....")), "vpc");
  for (const head of [new Uint8Array(), Buffer.from("\xeb\x3c\x90", "latin1")]) assert.equal(imageFormat(head), "raw");
});

test("T37: an image that is made of other files too is refused", () => {
  assert.throws(() => imageFormat(qcow2({ backingAt: 512n })), /based on another file/);
  assert.throws(() => imageFormat(qcow2({ features: 0b100n })), /based on another file/);
  assert.throws(() => imageFormat(qcow2().subarray(0, 20)), /cut short/);
  for (const magic of ["KDMV", "COWD", "# Disk DescriptorFile\n", "QED\0", "WithoutFreeSpace"]) {
    assert.throws(() => imageFormat(Buffer.from(magic)), /are not run/);
  }
});
