import assert from "node:assert/strict";
import { test } from "node:test";
import { staticFingerprint } from "../client/index.ts";
import { World } from "../sim/index.ts";

/** No cluster has more servers. */
const mostServers = 1000;

const machine = staticFingerprint({ cpuMHz: 1000, memoryMB: 1024, diskMB: 10_000 });

test("servers that are added are told once each, and never more than any cluster has", async () => {
  const world = new World("added servers");
  try {
    const agent = await world.startDevAgent("one", machine);
    const add = (addresses: readonly string[]) =>
      world.ask(agent, {
        method: "PUT",
        target: `/v1/agent/servers?${addresses.map((to) => `address=${to}`).join("&")}`,
      });
    const told = async (): Promise<readonly string[]> =>
      JSON.parse((await world.ask(agent, { method: "GET", target: "/v1/agent/servers" })).text);

    const before = await told();
    await add(["10.0.0.2:4647"]);
    await add(["10.0.0.2:4647", "10.0.0.3:4647"]);
    assert.deepEqual((await told()).toSorted(), [...before, "10.0.0.2:4647", "10.0.0.3:4647"].toSorted());

    const numbers = Array.from({ length: mostServers }, (_, number) => `s${number}:1`);
    await add(numbers.slice(0, 600));
    await add(numbers.slice(600));
    assert.equal((await told()).length, mostServers);
  } finally {
    await world.close();
  }
});
