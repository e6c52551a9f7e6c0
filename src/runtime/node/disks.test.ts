import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path/posix";
import { type TestContext, test } from "node:test";
import type { Disk } from "../disk.ts";
import { ManualClock } from "../manual-clock.ts";
import { MemoryDisk } from "../memory-disk.ts";
import { NodeDisk } from "./node-disk.ts";

/** What every disk promises: the one in memory is only worth something where it does as a real one does. */

interface Place {
  readonly disk: Disk;
  readonly at: (name: string) => string;
}

const places: Readonly<Record<string, (context: TestContext) => Promise<Place>>> = {
  "a disk in memory": async () => {
    const disk = new MemoryDisk(new ManualClock());
    await disk.makeDirectory("/home");
    return { disk, at: (name) => join("/home", name) };
  },
  "a disk of the machine": async (context) => {
    const home = mkdtempSync(join(tmpdir(), "disk-test-"));
    context.after(() => rm(home, { recursive: true }));
    return { disk: new NodeDisk(), at: (name) => join(home, name) };
  },
};

const bytes = (text: string) => Buffer.from(text);
const textOf = (found: Uint8Array) => Buffer.from(found).toString();

function promises(what: string, show: (place: Place) => Promise<void>): void {
  for (const [name, made] of Object.entries(places)) {
    test(`${name}: ${what}`, async (context) => show(await made(context)));
  }
}

promises("what is written is read, whatever the writer does with its bytes afterwards", async ({ disk, at }) => {
  const given = bytes("kept");
  await disk.writeAtomically(at("file"), given);
  given.fill(0);
  const read = await disk.read(at("file"));
  assert.equal(textOf(read), "kept");
  read.fill(0);
  assert.equal(textOf(await disk.read(at("file"))), "kept");
});

promises(
  "an open file is read from any offset, and goes on to be the same file when its path is replaced",
  async ({ disk, at }) => {
    await disk.writeAtomically(at("file"), bytes("first"));
    const file = await disk.open(at("file"), "read");
    await disk.writeAtomically(at("file"), bytes("other"));
    assert.equal(textOf(await file.read(1, 3)), "irs");
    assert.equal(textOf(await file.read(9, 3)), "");
    await file.close();
    assert.equal(textOf(await disk.read(at("file"))), "other");
  },
);

promises("what is appended goes to the end of a file, which is made if it is not there", async ({ disk, at }) => {
  for (const text of ["one ", "two"]) {
    const file = await disk.open(at("log"), "append");
    await file.append(bytes(text));
    await file.close();
  }
  assert.equal(textOf(await disk.read(at("log"))), "one two");
});

promises("what is not there is ENOENT, and what would be below a file is ENOTDIR", async ({ disk, at }) => {
  await disk.writeAtomically(at("file"), bytes(""));
  for (const ask of [
    (path: string) => disk.read(path),
    (path: string) => disk.status(path),
    (path: string) => disk.open(path, "read"),
    (path: string) => disk.remove(path),
    (path: string) => disk.list(path),
  ]) {
    await assert.rejects(ask(at("nothing")), { code: "ENOENT" });
    await assert.rejects(ask(at("nothing/below")), { code: "ENOENT" });
    await assert.rejects(ask(at("file/below")), { code: "ENOTDIR" });
  }
  await assert.rejects(disk.writeAtomically(at("nothing/below"), bytes("")), { code: "ENOENT" });
  await assert.rejects(disk.open(at("nothing/below"), "append"), { code: "ENOENT" });
});

promises("a directory is no file, and a file is no directory", async ({ disk, at }) => {
  await disk.makeDirectory(at("directory"));
  await disk.writeAtomically(at("file"), bytes(""));
  await assert.rejects(disk.read(at("directory")), { code: "EISDIR" });
  await assert.rejects(disk.open(at("directory"), "append"), { code: "EISDIR" });
  await assert.rejects(disk.writeAtomically(at("directory"), bytes("")), { code: "EISDIR" });
  await assert.rejects(disk.list(at("file")), { code: "ENOTDIR" });
  await assert.rejects(disk.makeDirectory(at("file")), { code: "EEXIST" });
  await assert.rejects(disk.makeDirectory(at("file/below")), { code: "ENOTDIR" });
});

promises("a directory that is renamed takes along what it holds", async ({ disk, at }) => {
  await disk.makeDirectory(at("old/inner"));
  await disk.writeAtomically(at("old/inner/file"), bytes("kept"));
  await disk.makeDirectory(at("older"));
  await disk.rename(at("old"), at("new"));
  assert.equal(textOf(await disk.read(at("new/inner/file"))), "kept");
  await assert.rejects(disk.status(at("old")), { code: "ENOENT" });
  assert.equal((await disk.status(at("older"))).isDirectory, true);
});

promises(
  "a name takes another's place, unless one is a directory and the other none, or it holds something",
  async ({ disk, at }) => {
    await disk.writeAtomically(at("one"), bytes("one"));
    await disk.writeAtomically(at("two"), bytes("two"));
    await disk.rename(at("one"), at("two"));
    await disk.rename(at("two"), at("two"));
    assert.equal(textOf(await disk.read(at("two"))), "one");

    await disk.makeDirectory(at("empty"));
    await disk.makeDirectory(at("full/inner"));
    await assert.rejects(disk.rename(at("two"), at("empty")), { code: "EISDIR" });
    await assert.rejects(disk.rename(at("empty"), at("two")), { code: "ENOTDIR" });
    await assert.rejects(disk.rename(at("empty"), at("full")), { code: "ENOTEMPTY" });
    await assert.rejects(disk.rename(at("full"), at("full/inner/itself")), { code: "EINVAL" });
    await assert.rejects(disk.rename(at("two"), at("nothing/below")), { code: "ENOENT" });
    await disk.rename(at("full"), at("empty"));
    assert.equal((await disk.status(at("empty/inner"))).isDirectory, true);
  },
);

promises("only an empty directory is removed, and a tree with all below it", async ({ disk, at }) => {
  await disk.makeDirectory(at("tree/inner"));
  await disk.writeAtomically(at("tree/inner/file"), bytes(""));
  await disk.writeAtomically(at("treetop"), bytes(""));
  await assert.rejects(disk.remove(at("tree")), { code: "ENOTEMPTY" });
  await disk.removeTree(at("tree"));
  await disk.removeTree(at("tree"));
  assert.deepEqual(
    (await disk.list(at("."))).map(({ name }) => name),
    ["treetop"],
  );
  await disk.remove(at("treetop"));
  assert.deepEqual(await disk.list(at(".")), []);
});

promises("modes are exactly those that were asked for, and a listing tells sizes and kinds", async ({ disk, at }) => {
  await disk.makeDirectory(at("directory"), 0o700);
  await disk.writeAtomically(at("file"), bytes("12345"), 0o640);
  await disk.changeMode(at("directory"), 0o755);
  assert.deepEqual(
    (await disk.list(at("."))).map(({ name, isDirectory, isFile, mode }) => [name, isDirectory, isFile, mode & 0o7777]),
    [
      ["directory", true, false, 0o755],
      ["file", false, true, 0o640],
    ],
  );
  assert.equal((await disk.status(at("file"))).sizeBytes, 5);
});
