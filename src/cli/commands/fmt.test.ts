import assert from "node:assert/strict";
import { test } from "node:test";
import { ran, systemError } from "../testing/console.ts";

const crooked = 'job "x" {\ntype="batch"\n}\n';
const straight = 'job "x" {\n  type = "batch"\n}\n';
const files = {
  "/home/ann/a.nomad": crooked,
  "/home/ann/b.hcl": straight,
  "/home/ann/c.txt": crooked,
  "/home/ann/sub/d.nomad": crooked,
};

test("files are formatted, and those that change are named", async () => {
  const { code, out, written } = await ran("fmt", { files });
  assert.deepEqual([code, out, [...written]], [0, "a.nomad\n", [["/home/ann/a.nomad", straight]]]);
  const named = await ran("fmt c.txt b.hcl", { files });
  assert.deepEqual([named.code, named.out, [...named.written]], [0, "c.txt\n", [["/home/ann/c.txt", straight]]]);
});

test("directories of directories are looked into on request", async () => {
  assert.equal((await ran("fmt -recursive", { files })).out, "a.nomad\nsub/d.nomad\n");
  assert.equal((await ran("fmt sub", { files })).out, "sub/d.nomad\n");
});

test("-check writes nothing and fails if there would be something to write", async () => {
  const { code, out, written } = await ran("fmt -check", { files });
  assert.deepEqual([code, out, written.size], [1, "a.nomad\n", 0]);
  assert.equal((await ran("fmt -check b.hcl", { files })).code, 0);
  assert.equal((await ran("fmt -check -", { input: crooked })).code, 1);
});

test("-write=false and -list=false do without", async () => {
  const unwritten = await ran("fmt -write=false", { files });
  assert.deepEqual([unwritten.out, unwritten.written.size], ["a.nomad\n", 0]);
  const unlisted = await ran("fmt -list=false", { files });
  assert.deepEqual([unlisted.out, unlisted.written.size], ["", 1]);
});

test("standard input is written to standard output", async () => {
  const { code, out } = await ran("fmt -", { input: crooked });
  assert.deepEqual([code, out], [0, straight]);
});

test("what cannot be formatted is told with its place, and the rest is formatted", async () => {
  const more = { ...files, "/home/ann/broken.nomad": "a = [\n" };
  const { code, out, err, written } = await ran("fmt", { files: more });
  assert.deepEqual([code, out, written.size], [1, "a.nomad\n", 1]);
  assert.match(err, /^broken\.nomad:2:1: unexpected token while parsing list: EOF\n/);
  assert.match((await ran("fmt none", { files })).err, /^No file or directory at none\n/);
});

test("bytes that are no text in UTF-8 are left alone, and a byte order mark stays", async () => {
  const latin1 = Buffer.from(crooked.replace("x", "caf\u00e9"), "latin1");
  const more = { ...files, "/home/ann/0.nomad": latin1, "/home/ann/mark.nomad": `\uFEFF${crooked}` };
  const { code, err, written } = await ran("fmt", { files: more });
  assert.deepEqual([code, err], [1, "0.nomad: it is no text in UTF-8\n"]);
  assert.deepEqual(Object.fromEntries(written), {
    "/home/ann/a.nomad": straight,
    "/home/ann/mark.nomad": `\uFEFF${straight}`,
  });
  const input = await ran("fmt -", { input: latin1 });
  assert.deepEqual([input.code, input.out, input.err], [1, "", "<stdin>: it is no text in UTF-8\n"]);
});

test("a file that cannot be written fails, and the rest is formatted", async () => {
  const unwritable = { "/home/ann/a.nomad": systemError("EACCES") };
  const { code, out, err, written } = await ran("fmt -recursive", { files, unwritable });
  assert.deepEqual([code, out, err], [1, "sub/d.nomad\n", "a.nomad: not written: EACCES: pretended\n"]);
  assert.deepEqual([...written.keys()], ["/home/ann/sub/d.nomad"]);
});

test("a directory that cannot be looked into fails, and the rest is formatted", async () => {
  const { code, out, err } = await ran("fmt -recursive . none", { files, closed: ["/home/ann/sub"] });
  assert.deepEqual([code, out, err], [1, "a.nomad\n", "sub: EACCES: pretended\nNo file or directory at none\n"]);
});
