import assert from "node:assert/strict";
import { test } from "node:test";
import { milliseconds, seconds } from "../../base/index.ts";
import { settled } from "../../runtime/index.ts";
import { planResults } from "../../state/index.ts";
import { aJob, anAllocation, byNode, id } from "../testing/makers.ts";
import { stateOf, testTenure } from "../testing/test-world.ts";
import { AllocationReports } from "./allocation-reports.ts";

async function leading() {
  const tenure = testTenure();
  const placed = [anAllocation({ ID: id(201) }), anAllocation({ ID: id(202) })];
  await tenure.state.propose(planResults, { Job: aJob(), EvalID: "", NodeUpdate: {}, NodeAllocation: byNode(placed) });
  const reports = new AllocationReports(tenure);
  const running = reports.run();
  const report = (number: number, ClientStatus = "running") =>
    reports.add([anAllocation({ ID: id(number), ClientStatus })]);
  const statusOf = (number: number) => tenure.state.view().allocations.get(id(number))?.ClientStatus;
  return { tenure, clock: tenure.runtime.clock, reports, running, report, statusOf };
}

test("what comes within a short while goes into the log together, and each reporter is told where", async () => {
  const { tenure, clock, report, statusOf } = await leading();
  const one = report(201);
  await clock.advance(milliseconds(1));
  const other = report(202);
  assert.equal(await stateOf(one), "waits");
  await clock.advance(milliseconds(1));
  assert.deepEqual(await Promise.all([one, other]), [2, 2]);
  assert.deepEqual([statusOf(201), statusOf(202)], ["running", "running"]);
  assert.equal(tenure.log.applied.length, 2);
});

test("while reports come on and on they go into the log twenty times a second", async () => {
  const { tenure, clock, report } = await leading();
  for (let count = 0; count < 2_000; count++) {
    void report(201);
    await clock.advance(milliseconds(1));
  }
  const entries = tenure.log.applied.length - 1;
  assert.ok(entries >= 40 && entries <= 45, `${entries} entries in two seconds`);
});

test("of two reports of one allocation the later counts", async () => {
  const { clock, report, statusOf } = await leading();
  report(201, "running");
  const last = report(201, "failed");
  await clock.advance(milliseconds(50));
  await last;
  assert.equal(statusOf(201), "failed");
});

test("reports are gathered anew while earlier ones are on their way to the log", async () => {
  const { tenure, clock, report } = await leading();
  tenure.log.hold();
  const first = report(201);
  await clock.advance(milliseconds(50));
  const second = report(202);
  await clock.advance(milliseconds(50));
  assert.equal(tenure.log.open, 2);
  tenure.log.commit();
  assert.deepEqual(await Promise.all([first, second]), [2, 3]);
});

test("much that is reported at once goes into entries that are not too large", async () => {
  const { tenure, clock, reports } = await leading();
  const sizes = [1000, 24, 1, 3000, 5];
  const reported = sizes.map((size) => reports.add(Array(size).fill(anAllocation({ ID: id(201) }))));
  await clock.advance(milliseconds(50));
  assert.deepEqual(await Promise.all(reported), [2, 2, 3, 4, 5]);
  assert.equal(tenure.log.applied.length, 5);
});

test("reporters are told when the log does not take their reports, and may report again", async () => {
  const { tenure, clock, report } = await leading();
  tenure.log.refusal = new Error("too many wait already");
  const refused = [report(201), report(202)].map((reported) => assert.rejects(reported, /too many/));
  await clock.advance(milliseconds(50));
  await Promise.all(refused);
  tenure.log.refusal = undefined;
  const again = report(201);
  await clock.advance(milliseconds(50));
  assert.equal(await again, 2);
});

test("when leadership ends every reporter is told: gathered, on its way, and too late", async () => {
  const { tenure, clock, report, running } = await leading();
  tenure.log.hold();
  const onItsWay = report(201);
  await clock.advance(milliseconds(50));
  const gathered = report(202);
  await settled();
  tenure.end(new Error("No cluster leader"));
  await assert.rejects(gathered, /No cluster leader/);
  await assert.rejects(report(201), /No cluster leader/);
  tenure.log.lose(new Error("leadership was lost"));
  await assert.rejects(onItsWay, /leadership was lost/);
  await running;
  assert.equal(clock.waiting, 0);
  await clock.advance(seconds(1));
  assert.equal(tenure.log.open, 0);
});
