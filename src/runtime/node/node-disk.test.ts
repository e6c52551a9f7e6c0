import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { NodeDisk } from "./node-disk.ts";

const disk = new NodeDisk();
const home = mkdtempSync(join(tmpdir(), "node-disk-test-"));
after(() => rmSync(home, { recursive: true, force: true }));

const at = (name: string) => join(home, name);
const bytes = (text: string) => Buffer.from(text);
const textOf = (found: Uint8Array) => Buffer.from(found).toString();
const hasCode = (code: string) => (error: unknown) => (error as NodeJS.ErrnoException).code === code;

test("an atomic write replaces the file whole and leaves nothing beside it", async () => {
  mkdirSync(at("atomic"));
  await disk.writeAtomically(at("atomic/state"), bytes("a longer first text"), 0o600);
  await disk.writeAtomically(at("atomic/state"), bytes("second"), 0o600);
  assert.equal(textOf(await disk.read(at("atomic/state"))), "second");
  assert.equal(statSync(at("atomic/state")).mode & 0o777, 0o600);
  assert.deepEqual(
    (await disk.list(at("atomic"))).map((entry) => entry.name),
    ["state"],
  );
});

test("an atomic write that fails leaves the old bytes and nothing else", async () => {
  mkdirSync(at("failed/state/inner"), { recursive: true });
  await assert.rejects(disk.writeAtomically(at("failed/state"), bytes("x")), hasCode("EISDIR"));
  assert.deepEqual(
    (await disk.list(at("failed"))).map((entry) => entry.name),
    ["state"],
  );
});

test("what is appended is read back from any offset", async () => {
  const file = await disk.open(at("log"), "append", 0o666);
  await file.append(bytes("hello "));
  await file.append(bytes("world"));
  await file.close();
  assert.equal(statSync(at("log")).mode & 0o777, 0o666);
  const opened = await disk.open(at("log"), "read");
  assert.equal(textOf(await opened.read(6, 3)), "wor");
  assert.equal(textOf(await opened.read(6, 100)), "world");
  assert.equal((await opened.read(11, 100)).length, 0);
  assert.equal((await opened.status()).sizeBytes, 11);
  await opened.close();
});

test("opening a FIFO for reading returns at once and its kind can be seen (T28)", async () => {
  execFileSync("mkfifo", [at("fifo")]);
  const file = await disk.open(at("fifo"), "read");
  const status = await file.status();
  await file.close();
  assert.deepEqual([status.isFile, status.isDirectory], [false, false]);
  await assert.rejects(disk.read(at("fifo")), hasCode("EINVAL"));
});

test("appending refuses a link, a FIFO and a directory (T35)", async () => {
  execFileSync("mkfifo", [at("fifo-for-append")]);
  writeFileSync(at("target"), "untouched");
  symlinkSync(at("target"), at("link"));
  await assert.rejects(disk.open(at("link"), "append"), hasCode("ELOOP"));
  await assert.rejects(disk.open(at("fifo-for-append"), "append"), hasCode("ENXIO"));
  await assert.rejects(disk.open(home, "append"), hasCode("EISDIR"));
  assert.equal(readFileSync(at("target"), "utf8"), "untouched");
});

test("an open file tells where it really is, through every link (T27)", async () => {
  writeFileSync(at("secret"), "x");
  mkdirSync(at("inside"));
  symlinkSync(home, at("inside/up"));
  const file = await disk.open(at("inside/up/secret"), "read");
  const realPath = await file.realPath();
  await file.close();
  assert.equal(realPath, at("secret"));
});

test("an open directory is listed even when its path leads elsewhere by now (T27)", async () => {
  mkdirSync(at("listed/sub"), { recursive: true });
  symlinkSync("sub", at("listed/link"));
  const directory = await disk.open(at("listed"), "read");
  renameSync(at("listed"), at("listed-moved"));
  symlinkSync("/etc", at("listed"));
  const entries = await directory.list();
  await directory.close();
  assert.deepEqual(
    entries.map(({ name, isDirectory, isLink }) => [name, isDirectory, isLink]),
    [
      ["link", false, true],
      ["sub", true, false],
    ],
  );
  const file = await disk.open("/etc/passwd", "read");
  await assert.rejects(file.list(), hasCode("ENOTDIR"));
  await file.close();
});

test("the mode of an open file changes even when its path leads elsewhere by now", async () => {
  writeFileSync(at("program"), "x", { mode: 0o600 });
  linkSync(at("program"), at("program-by-another-name"));
  const file = await disk.open(at("program"), "read");
  await disk.remove(at("program"));
  writeFileSync(at("program"), "y", { mode: 0o600 });
  await file.changeMode(0o755);
  await file.close();
  assert.equal(statSync(at("program")).mode & 0o777, 0o600);
  assert.equal(statSync(at("program-by-another-name")).mode & 0o777, 0o755);
});

test("a listing is sorted, and describes links rather than what they lead to", async () => {
  mkdirSync(at("listing/b"), { recursive: true });
  writeFileSync(at("listing/c"), "123");
  symlinkSync("/nowhere", at("listing/a"));
  const entries = await disk.list(at("listing"));
  assert.deepEqual(
    entries.map((entry) => [entry.name, entry.isLink, entry.isDirectory, entry.isFile]),
    [
      ["a", true, false, false],
      ["b", false, true, false],
      ["c", false, false, true],
    ],
  );
  assert.equal(entries[2]?.sizeBytes, 3);
});

test("a directory is made with its parents and exactly the mode asked for", async () => {
  await disk.makeDirectory(at("deep/er/most"), 0o777);
  await disk.makeDirectory(at("deep/er/most"), 0o700);
  assert.equal(statSync(at("deep/er/most")).mode & 0o777, 0o777);
});

test("several directories are made with their modes and owners, and of those that exist only the owner changes", async () => {
  const isRoot = process.geteuid?.() === 0;
  const owner = isRoot ? { uid: 65534, gid: 65534 } : { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };
  const root = at("several");
  const below = (...names: string[]) => join(root, ...names);
  const asked = [
    { path: root, mode: 0o755 },
    { path: below("open"), mode: 0o777, owner },
    { path: below("open", "inner"), mode: 0o777, owner },
    { path: below("open"), mode: 0o700, owner },
    { path: below("secret"), mode: 0o700 },
  ];
  const seen = () =>
    asked.map(({ path }) => {
      const { mode, uid } = statSync(path);
      return [path, (mode & 0o7777).toString(8), uid];
    });
  const self = process.geteuid?.() ?? 0;
  const made = [
    [root, "755", self],
    [below("open"), "777", owner.uid],
    [below("open", "inner"), "777", owner.uid],
    [below("open"), "777", owner.uid],
    [below("secret"), "700", self],
  ];

  await disk.makeDirectories(asked);
  assert.deepEqual(seen(), made);

  chmodSync(below("secret"), 0o711);
  await disk.makeDirectories(asked.map((directory) => ({ ...directory, owner })));
  const again = made.map(([path, mode]) => [path, path === below("secret") ? "711" : mode, owner.uid]);
  assert.deepEqual(seen(), again);
});

test("several directories are not made in place of a file", async () => {
  const root = at("no-room");
  await disk.makeDirectories([{ path: root, mode: 0o755 }]);
  await disk.writeAtomically(join(root, "file"), Buffer.from(""));
  await assert.rejects(
    disk.makeDirectories([
      { path: join(root, "new"), mode: 0o755 },
      { path: join(root, "file"), mode: 0o755 },
    ]),
    { code: "EEXIST" },
  );
});

test("a directory is made beside others who make it, through links, and not in place of a file", async () => {
  const path = at("many/parents/below");
  await Promise.all([disk.makeDirectory(path), disk.makeDirectory(path), disk.makeDirectory(`${path}/more`)]);
  symlinkSync("many", at("many-link"));
  await disk.makeDirectory(at("many-link/parents/other/"));
  assert.deepEqual(
    (await disk.list(at("many/parents"))).map((entry) => entry.name),
    ["below", "other"],
  );
  writeFileSync(at("many/file"), "");
  await assert.rejects(disk.makeDirectory(at("many/file")), hasCode("EEXIST"));
  await assert.rejects(disk.makeDirectory(at("many/file/below")), hasCode("ENOTDIR"));
});

test("where nobody can make a directory it is refused, and at once", { timeout: 5000 }, async () => {
  await assert.rejects(disk.makeDirectory("/proc/nomad/state"), hasCode("ENOENT"));
});

test("removing a tree removes links in it but nothing they lead to, and absence is fine", async () => {
  mkdirSync(at("kept"));
  writeFileSync(at("kept/file"), "still here");
  mkdirSync(at("tree/inner"), { recursive: true });
  symlinkSync(at("kept"), at("tree/inner/link"));
  await disk.removeTree(at("tree"));
  await disk.removeTree(at("tree"));
  assert.equal(readFileSync(at("kept/file"), "utf8"), "still here");
  await assert.rejects(disk.status(at("tree")), hasCode("ENOENT"));
});

test("the space of a file system is told in bytes", async () => {
  const space = await disk.space(home);
  assert.ok(space.totalBytes >= space.freeBytes && space.freeBytes > 0);
});
