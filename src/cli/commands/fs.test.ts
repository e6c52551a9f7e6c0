import assert from "node:assert/strict";
import { test } from "node:test";
import { type Pretended, type Replies, ran } from "../testing/console.ts";
import { allocation, id, node } from "../testing/samples.ts";

const entry = (Name: string, more: object = {}) => ({
  Name,
  IsDir: false,
  Size: 28,
  FileMode: "-rw-r--r--",
  ModTime: "2026-11-22T10:19:39.123456789Z",
  ...more,
});
const directory = (Name: string) => entry(Name, { IsDir: true, Size: 4096, FileMode: "drwxrwxrwx" });
const of = (verb: string) => `GET /v1/client/fs/${verb}/${id("a1")}`;

function cluster(files: Replies): Pretended {
  return {
    agent: {
      "GET /v1/allocations": { json: [allocation("a1")] },
      [`GET /v1/node/${id("d0")}`]: { json: node("d0") },
      "GET /v1/job/shop/allocations": { json: [allocation("a1")] },
    },
    agents: { "http://10.0.0.5:4646": files },
  };
}

const folder = cluster({
  [of("stat")]: { json: directory("alloc") },
  [of("ls")]: { json: [directory("logs"), entry("\u001b[31mred")] },
});

test("a directory is listed, its own directories with a slash", async () => {
  const { code, out } = await ran("fs a1 alloc/", folder);
  assert.equal(code, 0);
  assert.equal(
    out,
    `Mode        Size     Modified Time          Name
drwxrwxrwx  4.0 KiB  11/22/26 10:19:39 UTC  logs/
-rw-r--r--  28 B     11/22/26 10:19:39 UTC  \\x1b[31mred
`,
  );
  assert.match((await ran("fs -H a1", folder)).out, /\ndrwxrwxrwx {2}4096 {2}11\//);
  assert.equal((await ran("fs -job shop", folder)).code, 0);
});

test("without a path the allocation's own directory is meant", async () => {
  const { asked } = await ran("fs a1", folder);
  assert.ok(asked.at(-1)?.target.endsWith(`/v1/client/fs/ls/${id("a1")}?path=%2F`));
});

test("-stat tells of the file itself", async () => {
  const { out } = await ran("fs -stat a1 alloc", folder);
  assert.match(out, /\ndrwxrwxrwx {2}4\.0 KiB {2}11\/22\/26 10:19:39 UTC {2}alloc\/\n$/);
});

const text = "line 0\nline 1\nline 2\nline 3\n";
const frames = { pieces: [JSON.stringify({ Data: Buffer.from(text).toString("base64"), File: "f" })] };
const file = cluster({
  [of("stat")]: { json: entry("out.txt") },
  [of("cat")]: { pieces: [text] },
  [of("readat")]: { pieces: [text] },
  [of("stream")]: frames,
});

test("a file is printed whole, or its end", async () => {
  assert.equal((await ran("fs a1 out.txt", file)).out, text);
  const tail = await ran("fs -tail -n 2 a1 out.txt", file);
  assert.equal(tail.out, "line 2\nline 3\n");
  assert.match(tail.asked.at(-1)!.target, /\/readat\/.*offset=0$/);
  const bytes = await ran("fs -tail -c 10 a1 out.txt", file);
  assert.match(bytes.asked.at(-1)!.target, /\/readat\/.*offset=18$/);
});

test("a file is followed from its start, or from near its end", async () => {
  assert.equal((await ran("fs -f a1 out.txt", file)).out, text);
  const { out, asked } = await ran("fs -f -tail -n 2 a1 out.txt", { ...file, neverWakes: true });
  assert.equal(out, "line 2\nline 3\n");
  assert.match(asked.at(-1)!.target, /\/stream\/.*origin=end&offset=28$/);
});

test("what cannot be done is told", async () => {
  const error = async (line: string) => (await ran(line, folder)).err;
  assert.equal(await error("fs"), "allocation ID is required\n");
  assert.equal(await error("fs -job"), "job ID is required\n");
  assert.equal(await error("fs -n 1 -c 1 a1"), "Both -n and -c are not allowed\n");
  assert.equal(await error("fs -c -2 a1"), "Invalid size is specified\n");
  const missing = cluster({ [of("stat")]: { status: 500, text: "stat /x/none: no such file or directory" } });
  const { code, err } = await ran("fs a1 none", missing);
  assert.deepEqual([code, err], [1, "Unexpected response code: 500 (stat /x/none: no such file or directory)\n"]);
});
