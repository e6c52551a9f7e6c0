import assert from "node:assert/strict";
import { test } from "node:test";
import { WakeUp } from "../../base/index.ts";
import { LogStoreFull, type Member, MembersNotChanged } from "../../raft/index.ts";
import { settled } from "../../runtime/index.ts";
import type { KnownServer } from "../membership/known-servers.ts";
import { testTenure } from "../testing/test-world.ts";
import { nextChange, RaftMembership } from "./raft-membership.ts";

const member = (id: string, voter = true): Member => ({ id, address: id, voter });

function known(id: string, fields: Partial<KnownServer> = {}): KnownServer {
  const place = { name: id, region: "global", datacenter: "dc1", rpcAddress: id };
  return { id, ...place, status: "alive", expect: 3, ...fields };
}

test("a server that is alive and does not vote yet is added", () => {
  const add = { kind: "add", id: "b", address: "b" };
  assert.deepEqual(nextChange([member("a")], [known("a"), known("b")]), add);
  assert.deepEqual(nextChange([member("a"), member("b", false)], [known("a"), known("b")]), add);
});

test("a server that has left is taken out, one that failed is expected back", () => {
  const members = [member("a"), member("b")];
  assert.deepEqual(nextChange(members, [known("a"), known("b", { status: "left" })]), { kind: "remove", id: "b" });
  assert.equal(nextChange(members, [known("a"), known("b", { status: "failed" })]), undefined);
});

test("a server that has lost its log is another one: the lost one is taken out before the new one is added", () => {
  const servers = [known("a"), known("b2", { rpcAddress: "b" })];
  assert.deepEqual(nextChange([member("a"), member("b")], servers), { kind: "remove", id: "b" });
  assert.deepEqual(nextChange([member("a")], servers), { kind: "add", id: "b2", address: "b" });
  assert.equal(nextChange([member("a"), { id: "b2", address: "b", voter: true }], servers), undefined);
});

test("a server that has moved keeps its name and its vote, under its new address", () => {
  const servers = [known("a"), known("b", { rpcAddress: "elsewhere" })];
  const add = { kind: "add", id: "b", address: "elsewhere" };
  assert.deepEqual(nextChange([member("a"), member("b")], servers), add);
});

test("the last server stays, also when gossip takes it for gone", () => {
  assert.equal(nextChange([member("a")], [known("a", { status: "left" })]), undefined);
});

test("the configuration follows gossip, one server at a time, and servers of other regions are left alone", async () => {
  const tenure = testTenure();
  const changed = new WakeUp();
  let servers = [known("a"), known("b"), known("x", { region: "eu" })];
  const asked: string[] = [];
  let members = [member("a")];
  const refusals = [new MembersNotChanged("changePending"), new LogStoreFull("the log", "no space")];
  const configuration = {
    get members() {
      return members;
    },
    addVoter: async ({ id }: { id: string }) => {
      asked.push(`add ${id}`);
      const refusal = refusals.shift();
      if (refusal !== undefined) throw refusal;
      members = [...members, member(id)];
    },
    removeServer: async (id: string) => {
      asked.push(`remove ${id}`);
      members = members.filter((each) => each.id !== id);
    },
  };
  const duty = new RaftMembership(tenure, configuration, { known: () => servers, changed: changed.next });
  const running = duty.run();
  await settled();
  assert.deepEqual(asked, ["add b"]);
  await tenure.runtime.clock.advance(1e9 as never);
  await tenure.runtime.clock.advance(1e9 as never);
  assert.deepEqual(asked, ["add b", "add b", "add b"], "a change that cannot be made now is tried again");

  servers = [known("a"), known("b", { status: "left" }), known("c")];
  changed.notify();
  await settled();
  assert.deepEqual(asked.slice(3), ["remove b", "add c"]);
  const { tally } = tenure.runtime;
  assert.deepEqual([tally.get("nomad.leader.reconcile"), tally.get("nomad.leader.reconcileMember")], [4, 3]);
  tenure.end();
  await running;
});

test("a newcomer that is another one before it was brought up to date holds nothing up", async () => {
  const tenure = testTenure();
  const changed = new WakeUp();
  let servers = [known("a"), known("b")];
  let members = [member("a")];
  const asked: string[] = [];
  const configuration = {
    get members() {
      return members;
    },
    addVoter: async ({ id, address }: { id: string; address: string }, signal: AbortSignal) => {
      asked.push(`add ${id}`);
      members = [...members, { id, address, voter: id !== "b" }];
      if (id === "b") await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    },
    removeServer: async (id: string) => {
      asked.push(`remove ${id}`);
      members = members.filter((each) => each.id !== id);
    },
  };
  const duty = new RaftMembership(tenure, configuration, { known: () => servers, changed: changed.next });
  const running = duty.run();
  await settled();
  changed.notify();
  await settled();
  assert.deepEqual(asked, ["add b"], "what changes nothing for it does not end it");

  servers = [known("a"), known("b2", { rpcAddress: "b" })];
  changed.notify();
  await settled();
  assert.deepEqual(asked, ["add b", "remove b", "add b2"]);
  tenure.end();
  await running;
});
