import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Allocation, Usage } from "../model/index.ts";
import { type AllocationsView, jobKey, State } from "../state/index.ts";
import { AssumedAllocations } from "./assumed-allocations.ts";
import { anAllocation, id } from "./testing/makers.ts";

const [ids, nodes, jobs, evaluations] = [[1, 2, 3, 12, 13].map(id), [21, 22].map(id), ["a", "b"], [31, 32].map(id)];

const row = fc
  .record({
    ID: fc.constantFrom(...ids),
    NodeID: fc.constantFrom(...nodes),
    JobID: fc.constantFrom(...jobs),
    EvalID: fc.constantFrom(...evaluations),
    ClientStatus: fc.constantFrom("pending", "running", "failed"),
    CPU: fc.integer({ min: 1, max: 100 }),
  })
  .map(({ CPU, ...fields }) => {
    const { TaskResources } = anAllocation();
    const Resources = { ...Object.values(TaskResources)[0]!, CPU };
    return { ...anAllocation(fields), Resources };
  });

/** All that a view of allocations shows. */
function told(view: AllocationsView): unknown {
  const keys = jobs.map((job) => jobKey("default", job));
  const taken = ({ CPU, MemoryMB, DiskMB, IOPS }: Usage) => [CPU, MemoryMB, DiskMB, IOPS];
  const shown = (rows: Iterable<Allocation>) => [...rows];
  return {
    all: shown(view.all()),
    size: view.size,
    lastIndex: view.lastIndex,
    single: ids.map((key) => view.get(key)),
    begins: shown(view.withPrefix(id(1).slice(0, -1))),
    byNode: nodes.map((node) => [shown(view.by("node", node)), view.assignedTo(node), taken(view.takenOf(node))]),
    byJob: keys.map((key) => [shown(view.by("job", key)), view.hasAny("job", key), view.hasAny("activeJob", key)]),
    byEvaluation: evaluations.map((key) => [shown(view.by("evaluation", key)), view.hasAny("evaluation", key)]),
  };
}

test("what is assumed beside a table is shown as if it were written there, and the table is as it was", () => {
  fc.assert(
    fc.property(fc.array(row), fc.array(row), (present, more) => {
      const base = new State().view().assuming((write) => {
        for (const each of present) write.put("allocations", each);
      });
      const before = told(base.allocations);
      const assumed = new AssumedAllocations(base.allocations, 2);
      for (const each of more) assumed.put(each);
      const written = base.assuming((write) => {
        for (const each of more) write.put("allocations", each);
      }, 2);
      if (more.length > 0) assert.deepEqual(told(assumed), told(written.allocations));
      assert.deepEqual(told(base.allocations), before);
    }),
  );
});

test("what stands for the rows is another once there are others", () => {
  const assumed = new AssumedAllocations(new State().view().allocations, 1);
  const { contents } = assumed;
  assert.equal(assumed.contents, contents);
  assumed.put(anAllocation());
  assert.notEqual(assumed.contents, contents);
});
