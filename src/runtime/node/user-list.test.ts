import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { UserList } from "./user-list.ts";

test("users are found by their names, the first of two, and again after the list has changed", (context) => {
  const directory = mkdtempSync(join(tmpdir(), "nomad-users-"));
  context.after(() => rmSync(directory, { recursive: true }));
  const path = join(directory, "passwd");
  writeFileSync(path, "root:x:0:0:root:/root:/bin/sh\nweb:x:33:34::/:/bin/false\nweb:x:99:99::/:/bin/false\n");
  const users = new UserList(path);
  assert.deepEqual(users.find("web"), { uid: 33, gid: 34 });
  assert.equal(users.find("db"), undefined);

  appendFileSync(path, "db:x:40:41::/:/bin/false\n");
  assert.deepEqual(users.find("db"), { uid: 40, gid: 41 });

  writeFileSync(`${path}+`, "db:x:50:51::/:/bin/false\n");
  renameSync(`${path}+`, path);
  assert.deepEqual(users.find("db"), { uid: 50, gid: 51 });
  assert.equal(users.find("web"), undefined);
});
