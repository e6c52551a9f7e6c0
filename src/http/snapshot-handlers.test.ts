import assert from "node:assert/strict";
import { test } from "node:test";
import { RpcError } from "../api/index.ts";
import type { SnapshotOptions, Snapshots } from "../rpc/index.ts";
import { writeArchive } from "../wire/index.ts";
import { httpWorld } from "./testing/http-world.ts";

async function* given(...texts: string[]): AsyncIterable<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

async function archiveOf(state: string): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  const about = { index: 7, term: 2, at: 1, servers: [] };
  for await (const piece of writeArchive(about, state.length, given(state))) parts.push(piece);
  return Buffer.concat(parts);
}

/** Takes states, and keeps what was whole. */
function taking(): {
  readonly restored: string[];
  readonly options: SnapshotOptions[];
  readonly restore: Snapshots["restore"];
} {
  const [restored, options]: [string[], SnapshotOptions[]] = [[], []];
  const restore: Snapshots["restore"] = async (state, asked) => {
    options.push(asked);
    const parts: Uint8Array[] = [];
    for await (const piece of state) parts.push(Buffer.from(piece));
    restored.push(Buffer.concat(parts).toString());
    return 9;
  };
  return { restored, options, restore };
}

test("a snapshot is sent as it comes, with its digest and what is known of its freshness", async () => {
  const options: SnapshotOptions[] = [];
  const save: Snapshots["save"] = async (asked) => {
    options.push(asked);
    return { digest: "abc=", index: 7, knownLeader: true, lastContact: 5e6, archive: given("one ", "two") };
  };
  const { ask } = await httpWorld({ snapshots: { save } });
  const { status, headers, text } = await ask("/v1/operator/snapshot?stale&region=eu", {
    headers: { "Accept-Encoding": "gzip" },
  });
  assert.deepEqual([status, text, options], [200, "one two", [{ region: "eu", stale: true }]]);
  assert.partialDeepStrictEqual(headers, { digest: "sha-256=abc=", "x-nomad-index": "7", "x-nomad-lastcontact": "5" });
});

test("the state in a whole file is restored, by PUT and by POST", async () => {
  const { restored, options, restore } = taking();
  const { ask } = await httpWorld({ snapshots: { restore } });
  const archive = await archiveOf("all of it");
  for (const method of ["PUT", "POST"]) {
    const body = (async function* () {
      yield archive.subarray(0, 10);
      yield archive.subarray(10);
    })();
    const { status, text } = await ask("/v1/operator/snapshot", { method, body });
    assert.deepEqual([status, text], [200, ""]);
  }
  assert.deepEqual(restored, ["all of it", "all of it"]);
  assert.deepEqual(options[0], { region: "", stale: false });
});

test("a file that is cut short, damaged or none at all is refused with 400 before its state counts as whole", async () => {
  const { restored, restore } = taking();
  const { ask } = await httpWorld({ snapshots: { restore } });
  const archive = await archiveOf("all of it");
  const damaged = Buffer.from(archive);
  damaged[archive.length - 30]! ^= 1;
  for (const bytes of [archive.subarray(0, -1), damaged, Buffer.from("none"), Buffer.alloc(0)]) {
    const body = (async function* () {
      yield bytes;
    })();
    const { status, text } = await ask("/v1/operator/snapshot", { method: "PUT", body });
    assert.equal(status, 400);
    assert.match(text, /^Cannot read the snapshot: /);
  }
  assert.deepEqual(restored, []);
});

test("what servers refuse is refused", async () => {
  const refuse = () => Promise.reject(new RpcError("No cluster leader"));
  const { ask } = await httpWorld({ snapshots: { save: refuse, restore: refuse } });
  assert.partialDeepStrictEqual(await ask("/v1/operator/snapshot"), { status: 500, text: "No cluster leader" });
  const put = await ask("/v1/operator/snapshot", { method: "PUT", body: "x" });
  assert.partialDeepStrictEqual(put, { status: 500, text: "No cluster leader" });
  assert.equal((await ask("/v1/operator/snapshot", { method: "DELETE" })).status, 405);
});
