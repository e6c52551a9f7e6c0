import assert from "node:assert/strict";
import { test } from "node:test";
import { askingRoutes, filled } from "../api/index.ts";
import { httpWorld } from "./testing/http-world.ts";

const noNumbers = ["-1", "x", "1.5", "0x10", "1e3", "18446744073709551616", " 1", "٣", "9".repeat(5_000)];
const noDurations = ["10", "x", "1y", "s", "1s1", "NaNs", "9".repeat(5_000)];

test("T16: on every route that may wait, an index or a wait that is none is 400 before a server is asked", async () => {
  const { ask, servers } = await httpWorld();
  const reads = Object.values(askingRoutes).filter(
    ({ tells, verbs }) => tells === "freshness" && verbs.includes("GET"),
  );
  assert.ok(reads.length > 15, `${reads.length} routes`);
  for (const { path } of reads) {
    const target = filled(path, { JobID: "x", NodeID: "x", AllocID: "x", EvalID: "x" });
    for (const index of noNumbers) {
      const answer = await ask(`${target}?index=${encodeURIComponent(index)}`);
      assert.deepEqual([answer.status, answer.text], [400, "Invalid index"], `${path} ${index.slice(0, 30)}`);
    }
    for (const wait of noDurations) {
      const answer = await ask(`${target}?index=1&wait=${wait}`);
      assert.deepEqual([answer.status, answer.text], [400, "Invalid wait time"], `${path} ${wait.slice(0, 30)}`);
    }
  }
  assert.deepEqual(servers.questions, []);
});

test("T16: an index to compare with that is none is 400", async () => {
  const { ask, servers } = await httpWorld();
  for (const cas of noNumbers) {
    const target = `/v1/operator/scheduler/configuration?cas=${encodeURIComponent(cas)}`;
    const { status, text } = await ask(target, { method: "PUT", body: "{}" });
    assert.equal(status, 400, cas.slice(0, 30));
    assert.match(text, /^Error parsing cas value: strconv\.ParseUint: parsing /);
  }
  assert.deepEqual(servers.questions, []);
});
