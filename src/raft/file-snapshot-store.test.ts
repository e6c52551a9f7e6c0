import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock, MemoryDisk } from "../runtime/index.ts";
import { voter } from "./core/core-cluster.ts";
import type { SnapshotMark } from "./core/snapshot.ts";
import { FileSnapshotStore } from "./file-snapshot-store.ts";

const mark = (index: number): SnapshotMark => ({ index, term: 3, members: [voter("a")], membersIndex: 1 });

async function* pieces(...texts: readonly string[]): AsyncIterable<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

async function textOf(store: FileSnapshotStore, of: SnapshotMark): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of store.read(of)) parts.push(part);
  return Buffer.concat(parts).toString();
}

async function bench() {
  const disk = new MemoryDisk(new ManualClock());
  await disk.makeDirectory("/s");
  return { disk, store: new FileSnapshotStore(disk, "/s"), again: () => new FileSnapshotStore(disk, "/s") };
}

test("a snapshot is found again, whole, with its mark", async () => {
  const { store, again } = await bench();
  await store.write(mark(7), pieces("all ", "there is"));
  const reopened = again();
  assert.deepEqual(await reopened.load(), { whole: [mark(7)], damaged: [] });
  assert.equal(await textOf(reopened, mark(7)), "all there is");
});

test("the newest two are kept, and files are for their owner only", async () => {
  const { disk, store, again } = await bench();
  for (const index of [1, 2, 3]) await store.write(mark(index), pieces(`state ${index}`));
  const files = await disk.list("/s");
  assert.deepEqual(
    files.map(({ name, mode }) => [name, mode & 0o777]),
    [
      ["0000000000000002-3.snapshot", 0o600],
      ["0000000000000003-3.snapshot", 0o600],
      ["newest", 0o600],
    ],
  );
  assert.deepEqual((await again().load()).whole, [mark(3), mark(2)]);
});

test("a snapshot whose bytes end in an error leaves nothing, and what was there stays", async () => {
  const { disk, store } = await bench();
  await store.write(mark(1), pieces("one"));
  async function* failing(): AsyncIterable<Uint8Array> {
    yield Buffer.from("half");
    throw new Error("no more");
  }
  await assert.rejects(store.write(mark(2), failing()), /no more/);
  assert.deepEqual(
    disk.paths().filter((path) => path.includes("new") && path !== "/s/newest"),
    [],
  );
  assert.equal(await textOf(store, mark(1)), "one");
});

test("any flipped byte and any cut is seen, and the file is named and left as it is", async () => {
  const { disk, store, again } = await bench();
  await store.write(mark(5), pieces("state"));
  const path = "/s/0000000000000005-3.snapshot";
  const bytes = Uint8Array.from(await disk.read(path));
  for (let at = 0; at < bytes.length; at++) {
    const flipped = Uint8Array.from(bytes);
    flipped[at]! ^= 0x10;
    for (const spoiled of [flipped, bytes.subarray(0, at)]) {
      await disk.writeAtomically(path, spoiled);
      const { whole, damaged } = await again().load();
      assert.deepEqual([whole.length, damaged.length], [0, 1]);
      assert.equal(damaged[0]!.startsWith(`"${path}" `), true);
      assert.deepEqual(await disk.read(path), spoiled);
    }
  }
});

test("a newest snapshot that is gone is missed", async () => {
  const { disk, store, again } = await bench();
  await store.write(mark(5), pieces("state"));
  await disk.remove("/s/0000000000000005-3.snapshot");
  assert.deepEqual(await again().load(), { whole: [], damaged: ['"/s/0000000000000005-3.snapshot" is missing'] });
});

test("T36: a peer's snapshot comes in parts, goes on where it was, and is only there when it is proved", async () => {
  const [from, to] = [await bench(), await bench()];
  const large = "x".repeat(600 * 1024);
  await from.store.write(mark(9), pieces(large));
  const first = (await from.store.chunk(9, 0))!;
  const received = await to.store.storeChunk(mark(9), first);
  assert.equal(received, first.data.length);
  assert.equal(await to.store.storeChunk(mark(9), first), received);
  const second = (await from.store.chunk(9, first.data.length))!;
  const afterSecond = (await to.store.storeChunk(mark(9), second)) as number;
  assert.deepEqual((await to.again().load()).whole, []);

  const fresh = to.again();
  for (let offset = 0; ; ) {
    const stored = await fresh.storeChunk(mark(9), (await from.store.chunk(9, offset))!);
    if (stored === "complete") break;
    offset = stored;
  }
  assert.equal(afterSecond > first.data.length, true);
  assert.equal(await textOf(fresh, mark(9)), large);
});

test("T36: a part of another file of the same mark begins anew, and one that does not prove right is thrown away", async () => {
  const [one, other, to] = [await bench(), await bench(), await bench()];
  await one.store.write(mark(9), pieces("one state"));
  await other.store.write(mark(9), pieces("another state"));
  const part = (await one.store.chunk(9, 0))!;
  const half = { ...part, data: part.data.subarray(0, 10) };
  assert.equal(await to.store.storeChunk(mark(9), half), 10);
  assert.equal(await to.store.storeChunk(mark(9), (await other.store.chunk(9, 0))!), "complete");

  const target = await bench();
  const spoiled = Uint8Array.from(part.data);
  spoiled[spoiled.length - 40]! ^= 1;
  assert.equal(await target.store.storeChunk(mark(9), { ...part, data: spoiled }), 0);
  assert.deepEqual((await target.again().load()).whole, []);
});

test("a snapshot that is gone has no parts", async () => {
  const { store } = await bench();
  assert.equal(await store.chunk(4, 0), undefined);
});
