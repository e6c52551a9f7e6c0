import assert from "node:assert/strict";
import { test } from "node:test";
import { makeClientDirectories } from "./client-directories.ts";
import { someConfig } from "./testing/client-config.ts";
import { fakeRuntime } from "./testing/fake-runtime.ts";

test("when a directory cannot be made, a temporary one made before goes again", async () => {
  const runtime = fakeRuntime();
  const { disk } = runtime;
  const config = someConfig({ allocationDirectory: "/full/alloc" });
  const full = Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
  const makeDirectory = disk.makeDirectory.bind(disk);
  disk.makeDirectory = (path, mode) => (path === "/full/alloc" ? Promise.reject(full) : makeDirectory(path, mode));
  await assert.rejects(makeClientDirectories(runtime, config), full);
  assert.deepEqual(
    disk.paths().filter((path) => path.includes("NomadClient")),
    [],
  );
});

test("only directories that nobody named are temporary", async () => {
  const runtime = fakeRuntime();
  const { state, temporary } = await makeClientDirectories(runtime, someConfig({ allocationDirectory: "/own/alloc" }));
  assert.deepEqual(temporary, [state]);
  assert.ok(runtime.disk.paths().includes("/own/alloc"));
});
