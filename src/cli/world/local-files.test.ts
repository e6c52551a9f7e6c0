import assert from "node:assert/strict";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { Unreadable } from "../text-source.ts";
import { localFiles } from "./local-files.ts";

const directory = mkdtempSync(join(tmpdir(), "local-files-"));
const at = (name: string) => join(directory, name);
after(() => rmSync(directory, { recursive: true }));

test("files and directories are known, and where nothing is there is nothing", () => {
  writeFileSync(at("a.txt"), "a");
  assert.deepEqual([localFiles.kind(at("a.txt")), localFiles.kind(directory)], ["file", "directory"]);
  assert.deepEqual([localFiles.kind(at("none")), localFiles.kind(at("a.txt/none"))], [undefined, undefined]);
  assert.equal(String(localFiles.read(at("a.txt"))), "a");
});

test("what the operating system refuses is told in its words", () => {
  symlinkSync("loop", at("loop"));
  const refused = (message: RegExp) => (error: unknown) => error instanceof Unreadable && message.test(error.message);
  for (const ask of [localFiles.kind, localFiles.read, localFiles.list]) {
    assert.throws(() => ask(at("loop")), refused(/^ELOOP: /));
    assert.throws(() => ask(at("a\0b")), refused(/^no path has a NUL character$/));
    assert.throws(() => ask(at("n".repeat(300))), refused(/^ENAMETOOLONG: /));
  }
  assert.throws(() => localFiles.list(at("a.txt")), refused(/^ENOTDIR: /));
});
