import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeCommand, evaluationsUpdate, jobRegister, State } from "../../state/index.ts";
import { aJob, anEvaluation, id } from "../testing/makers.ts";
import { blockedResourceGauges } from "./blocked-resources.ts";

const failure = (fields: object) => ({ NodesAvailable: { dc1: 2, dc2: 1 }, CoalescedFailures: 2, ...fields });

test("what waits for CPU and memory is told by datacenter and class, and what waits for something else is not", () => {
  const state = new State();
  const write = (index: number, data: Uint8Array) => state.apply({ index, data });
  const group = (Name: string) => ({
    Name,
    Count: 3,
    Tasks: [{ Name: "main", Driver: "exec", Resources: { CPU: 500, MemoryMB: 64 } }],
  });
  const Job = aJob({ TaskGroups: ["cpu", "both", "port"].map(group) });
  write(1, encodeCommand(jobRegister, { Job, Eval: null }, { at: 0 as never }));
  const FailedTGAllocs = {
    cpu: failure({ DimensionExhausted: { "cpu exhausted": 2 }, ClassExhausted: { big: 2 } }),
    both: failure({
      CoalescedFailures: 0,
      NodesAvailable: { dc1: 1 },
      DimensionExhausted: { "cpu exhausted": 1, "memory exhausted": 1 },
      ClassExhausted: { big: 1 },
    }),
    port: failure({ DimensionExhausted: { "network: port collision": 2 } }),
  };
  const tried = anEvaluation({ Status: "complete", FailedTGAllocs });
  const blocked = anEvaluation({ ID: id(101), Status: "blocked", PreviousEval: tried.ID });
  write(2, encodeCommand(evaluationsUpdate, { Evals: [tried, blocked] }, { at: 0 as never }));
  const shown = Array.from(blockedResourceGauges(state.view(), [blocked]), ({ name, value, labels }) => [
    `${name.at(-1)} of ${labels?.node_class} in ${labels?.datacenter}`,
    value,
  ]);
  assert.deepEqual(Object.fromEntries(shown), {
    "cpu of big in dc1": 2_000,
    "memory of big in dc1": 64,
    "cpu of big in dc2": 1_500,
    "memory of big in dc2": 0,
  });
});
