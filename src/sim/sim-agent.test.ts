import assert from "node:assert/strict";
import { test } from "node:test";
import { SeededRandom } from "../base/index.ts";
import { SimNetwork, VirtualTime } from "./index.ts";
import { Machine } from "./machine.ts";
import { Crashed, SimAgent, type Starter } from "./sim-agent.ts";

test("what a process finds wrong with a machine that has crashed meanwhile is a crash", async () => {
  const machine = someMachine();
  await assert.rejects(
    started(machine, async () => {
      machine.crash();
      throw new Error('Cannot rely on "raft.db": the machine has crashed');
    }),
    Crashed,
  );
});

test("what a process finds wrong with a machine that runs is told", async () => {
  await assert.rejects(
    started(someMachine(), async () => {
      throw new Error('"raft.db" is damaged');
    }),
    /"raft\.db" is damaged/,
  );
});

function started(machine: Machine, starter: Starter): Promise<unknown> {
  return new SimAgent("server-1", machine, starter).start();
}

function someMachine(): Machine {
  const [time, random] = [new VirtualTime(), new SeededRandom("machine")];
  return new Machine({ time, network: new SimNetwork(time, random) }, "10.0.0.1", random, () => {});
}
