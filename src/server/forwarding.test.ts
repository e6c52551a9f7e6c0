import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultQueryOptions, getLeader } from "../api/index.ts";
import { SeededRandom } from "../base/index.ts";
import { NoAnswer, RemoteError, type RpcPool } from "../rpc/index.ts";
import { Forwarding } from "./forwarding.ts";

const servers = ["10.1.0.1:4647", "10.1.0.2:4647", "10.1.0.3:4647"];
const { signal } = new AbortController();

/** Servers of the region "eu" of which none can be reached but those that `answers` names. */
function forwarding(answers: readonly string[], options: { readonly mayHaveRun: boolean } = { mayHaveRun: false }) {
  const asked: string[] = [];
  const call = async (address: string) => {
    asked.push(address);
    if (answers.includes(address)) return "10.1.0.1:4647";
    throw new NoAnswer(address, "connection refused", options);
  };
  const pool = { call } as unknown as RpcPool;
  const known = (region: string) => (region === "eu" ? servers : []);
  const far = new Forwarding(pool, new SeededRandom("far"), known);
  const ask = (region: string) => far.toRegion(getLeader, {}, { ...defaultQueryOptions, region }, signal);
  return { asked, ask };
}

test("of another region the first server that can be reached answers", async () => {
  for (const only of servers) {
    const { asked, ask } = forwarding([only]);
    assert.equal((await ask("eu")).reply, "10.1.0.1:4647");
    assert.equal(asked.at(-1), only);
    assert.equal(new Set(asked).size, asked.length, "none is asked twice");
  }
});

test("when none can be reached each has been asked, and the last one's trouble is told", async () => {
  const { asked, ask } = forwarding([]);
  await assert.rejects(ask("eu"), {
    name: "RpcError",
    message: /^No answer from 10\.1\.0\.\d:4647: connection refused$/,
  });
  assert.deepEqual(asked.toSorted(), servers);
});

test("a question that may have been carried out is not put to another", async () => {
  const { asked, ask } = forwarding([], { mayHaveRun: true });
  await assert.rejects(ask("eu"), /No answer/);
  assert.equal(asked.length, 1);
});

test("to a region without servers there is no path", async () => {
  await assert.rejects(forwarding(servers).ask("mars"), { message: "No path to region" });
});

test("a refusal is told with one mark for the one step it came", async () => {
  const pool = { call: () => Promise.reject(new RemoteError("job not found")) } as unknown as RpcPool;
  const far = new Forwarding(pool, new SeededRandom("far"), () => servers);
  const refusal = { name: "RpcError", message: "rpc error: job not found" };
  await assert.rejects(far.to(servers[0]!, getLeader, {}, defaultQueryOptions, signal), refusal);
  await assert.rejects(far.toRegion(getLeader, {}, { ...defaultQueryOptions, region: "eu" }, signal), refusal);
});
