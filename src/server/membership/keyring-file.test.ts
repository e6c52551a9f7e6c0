import assert from "node:assert/strict";
import { test } from "node:test";
import type { Keyring } from "../../gossip/index.ts";
import { ManualClock, MemoryDisk } from "../../runtime/index.ts";
import { testRuntime } from "../testing/test-world.ts";
import { KeyringFile } from "./keyring-file.ts";

const path = "/data/server/serf.keyring";
const [old, fresh] = [Buffer.alloc(16, 1), Buffer.alloc(32, 2)];
const base64 = (key: Uint8Array) => Buffer.from(key).toString("base64");

function keyringFile(disk = new MemoryDisk(new ManualClock())) {
  const { log, logged } = testRuntime();
  return { disk, logged, file: new KeyringFile({ disk, log }, path) };
}

test("the configured key is kept at the first start, for its owner's eyes only", async () => {
  const { disk, file } = keyringFile();
  const keyring = await file.open(old);
  assert.deepEqual(keyring?.list().map(base64), [base64(old)]);
  assert.deepEqual(JSON.parse(await disk.text(path)), [base64(old)]);
  assert.equal((await disk.status(path)).mode & 0o777, 0o600);
});

test("without a key and without a file gossip is not encrypted, and nothing is written", async () => {
  const { disk, file } = keyringFile();
  assert.equal(await file.open(undefined), undefined);
  await assert.rejects(disk.status(path), { code: "ENOENT" });
});

test("keys that were changed while members ran count at the next start, whatever is configured", async () => {
  const { disk, file } = keyringFile();
  const keyring = (await file.open(old)) as Keyring;
  keyring.install(fresh);
  keyring.use(fresh);
  await file.keep(keyring);
  const again = keyringFile(disk);
  assert.deepEqual((await again.file.open(old))?.list().map(base64), [base64(fresh), base64(old)]);
  assert.deepEqual(again.logged, [
    `[WARN] serf: keyring exists but another key is configured, using keyring keyring=${path}`,
  ]);
  assert.deepEqual((await keyringFile(disk).file.open(undefined))?.list().length, 2);
});

test("a keyring that others can read is taken from their eyes, with a warning", async () => {
  const { disk, file, logged } = keyringFile();
  await file.open(old);
  await disk.changeMode(path, 0o644);
  await file.open(old);
  assert.equal((await disk.status(path)).mode & 0o777, 0o600);
  assert.match(logged.join(), /can be read by others than its owner/);
});

test("a damaged keyring stops the start with its path and what to do, and nothing of what stands in it", async () => {
  for (const damaged of ["", "{", "[]", '["c2VjcmV0"]', `["${base64(old)}", 7]`, `"${base64(old)}"`]) {
    const { disk, file, logged } = keyringFile();
    await disk.makeDirectory("/data/server");
    await disk.put(path, damaged);
    await assert.rejects(file.open(old), (error: Error) => {
      assert.match(error.message, /^The gossip keyring "\/data\/server\/serf\.keyring" is damaged: .* or remove it/);
      assert.ok(!error.message.includes("c2VjcmV0") && !error.message.includes(base64(old)));
      return true;
    });
    assert.doesNotMatch(logged.join(), /c2VjcmV0/);
    assert.equal(await disk.text(path), damaged, "it is left for its owner to look at");
  }
});

test("what a disk does not take is refused, and the keys before are still there", async () => {
  const { disk, file } = keyringFile();
  const keyring = (await file.open(old)) as Keyring;
  disk.writeAtomically = async () => {
    throw new Error("ENOSPC: no space left on device");
  };
  keyring.install(fresh);
  await assert.rejects(file.keep(keyring), /ENOSPC/);
  assert.deepEqual(JSON.parse(await disk.text(path)), [base64(old)]);
});
