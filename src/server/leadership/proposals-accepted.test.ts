import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { instantOf, SeededRandom } from "../../base/index.ts";
import { schedule } from "../../scheduler/index.ts";
import { planResults, State } from "../../state/index.ts";
import { aJob, aNode, anEvaluation, id, oneTask } from "../testing/makers.ts";
import { verifyPlan } from "./verify-plan.ts";

const networks = fc.constantFrom(
  [],
  [{ MBits: 10, DynamicPorts: [{ Label: "http" }] }],
  [{ MBits: 20, ReservedPorts: [{ Label: "web", Value: 8080 }], DynamicPorts: [{ Label: "a" }] }],
);

/** A node as it is described at one time. */
const descriptions = fc.record({
  CPU: fc.constantFrom(300, 1000),
  MBits: fc.constantFrom(15, 100),
  Device: fc.constantFrom("eth0", "eth0", "eth1"),
  kept: fc.constantFrom([], [8080], [8080, 8080]),
});
const jobs = fc.array(fc.record({ Count: fc.integer({ min: 0, max: 4 }), CPU: fc.constantFrom(20, 200), networks }), {
  minLength: 1,
  maxLength: 3,
});

function nodeOf(
  number: number,
  { CPU, MBits, Device, kept }: typeof descriptions extends fc.Arbitrary<infer D> ? D : never,
) {
  const network = { Device, CIDR: "10.0.0.1/32", IP: "10.0.0.1", MBits };
  const ReservedPorts = kept.map((Value) => ({ Value }));
  return aNode({
    ID: id(number),
    Resources: { CPU, MemoryMB: 1000, DiskMB: 10_000, IOPS: 0, Networks: [network] },
    Reserved: { Networks: [{ ...network, MBits: 0, ReservedPorts }] },
  });
}

test("what a scheduler proposes is accepted whole, however nodes have changed, unless something comes in between", () => {
  const rounds = fc.array(fc.tuple(fc.tuple(descriptions, descriptions), jobs), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(rounds, fc.string(), (all, seed) => {
      let view = new State().view();
      for (const [round, [nodes, groups]] of all.entries()) {
        const TaskGroups = groups.map(({ Count, CPU, networks: Networks }, at) => {
          return {
            Name: `g${at}`,
            Count,
            Tasks: [{ ...oneTask, Resources: { CPU, MemoryMB: 10, DiskMB: 10, Networks } }],
          };
        });
        // Two jobs have their turns: what the other one runs stays as it is.
        const ID = round % 2 === 0 ? "web" : "api";
        const job = { ...aJob({ ID, Name: ID, TaskGroups }), JobModifyIndex: 10 + round };
        view = view.assuming((write) => {
          for (const [at, node] of nodes.entries()) write.put("nodes", nodeOf(at + 1, node));
          write.put("jobs", job);
        });
        const context = { now: instantOf(0), random: new SeededRandom(`${seed} ${round}`) };
        const { plan } = schedule(view, anEvaluation({ ID: id(100 + round), JobID: ID }), context);
        const { refused } = verifyPlan(view, plan);
        assert.equal(refused, false, `round ${round}`);
        view = view.assuming((write) => planResults.apply(write, plan, { at: 1 }));
      }
    }),
    { numRuns: 300 },
  );
});
