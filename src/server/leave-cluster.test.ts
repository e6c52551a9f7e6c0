import assert from "node:assert/strict";
import { test } from "node:test";
import { milliseconds, WakeUp } from "../base/index.ts";
import { settled } from "../runtime/index.ts";
import type { RaftPart } from "./endpoint.ts";
import { leaveCluster } from "./leave-cluster.ts";
import type { KnownServer } from "./membership/known-servers.ts";
import type { Membership } from "./membership/membership.ts";
import { serverConfig, stateOf, testRuntime } from "./testing/test-world.ts";

const self = serverConfig.rpcAddress;
const [b, c] = ["10.0.0.2:4647", "10.0.0.3:4647"];

const known = (rpcAddress: string, status: string): KnownServer => ({
  name: rpcAddress,
  id: `id of ${rpcAddress}`,
  region: "global",
  datacenter: "dc1",
  rpcAddress,
  status,
  expect: 0,
});

/** A server that leads and leaves; `willing` are those who take over when they are asked. */
function leaving(options: { readonly voters: readonly string[]; readonly willing: readonly string[] }) {
  const done: string[] = [];
  const runtime = testRuntime();
  const changed = new WakeUp();
  const raft = {
    members: options.voters.map((address) => ({ id: `id of ${address}`, address, voter: true })),
    isLeader: true,
    changed: changed.next,
    transferLeadership(to: string) {
      done.push(`asked ${to}`);
      if (!options.willing.includes(to.replace("id of ", ""))) return;
      this.isLeader = false;
      changed.notify();
    },
  };
  const membership = { leave: async () => void done.push("said goodbye") } as unknown as Membership;
  const servers = [known(self, "alive"), known(b, "failed"), known(c, "alive")];
  const left = leaveCluster(
    { config: serverConfig, runtime, membership, raft: raft as unknown as RaftPart },
    () => servers,
    new AbortController().signal,
  );
  return { done, left, runtime };
}

test("a leader that leaves hands over to a server that is alive, then says goodbye", async () => {
  const { done, left } = leaving({ voters: [self, b, c], willing: [c] });
  await left;
  assert.deepEqual(done, [`asked id of ${c}`, "said goodbye"]);
});

test("where nobody takes over within an election timeout, it leaves all the same", async () => {
  const { done, left, runtime } = leaving({ voters: [self, c], willing: [] });
  await settled();
  assert.equal(await stateOf(left), "waits");
  runtime.clock.advance(milliseconds(500));
  await left;
  assert.deepEqual(done, [`asked id of ${c}`, "said goodbye"]);
});

test("a server that is alone has nobody to hand over to", async () => {
  const { done, left } = leaving({ voters: [self], willing: [] });
  await left;
  assert.deepEqual(done, ["said goodbye"]);
});
