import assert from "node:assert/strict";
import { test } from "node:test";
import { seconds } from "../../base/index.ts";
import { defaultSchedulerConfiguration, type SchedulerConfiguration } from "../../model/index.ts";
import { settled } from "../../runtime/index.ts";
import { evaluationsUpdate, schedulerConfigurationIn, schedulerConfigure } from "../../state/index.ts";
import { anEvaluation, aPlan, id } from "../testing/makers.ts";
import { TestLog } from "../testing/test-log.ts";
import { serverConfig, stateOf, testRuntime } from "../testing/test-world.ts";
import { Leadership } from "./leadership.ts";

const [leads, follows] = [{ kind: "leader", term: 1 }, { kind: "follower" }] as const;

/** A server's leadership, with barriers that resolve when the test says so, unless it says nothing. */
function serverWith({
  barrier = async () => {},
  schedulerConfiguration,
}: {
  barrier?: () => Promise<void>;
  schedulerConfiguration?: SchedulerConfiguration;
} = {}) {
  const runtime = testRuntime();
  const log = new TestLog(runtime.clock);
  const broken: unknown[] = [];
  const leadership = new Leadership(
    runtime,
    log.state,
    { ...serverConfig, schedulerConfiguration },
    {
      barrier,
      fatal: (error) => broken.push(error),
    },
  );
  return { runtime, log, leadership, broken, clock: runtime.clock };
}

/** A promise that a test settles. */
function settledByHand() {
  let resolve = () => {};
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

test("a server leads once all that was logged before is applied, and not a moment earlier", async () => {
  const barrier = settledByHand();
  const { leadership, runtime } = serverWith({ barrier: () => barrier.promise });
  assert.equal(leadership.leads, false);
  leadership.follow(leads);
  await settled();
  assert.equal(leadership.leads, false);
  assert.throws(() => leadership.leader, { name: "RpcError", message: "No cluster leader" });
  assert.equal(runtime.tally.get("nomad.leader.barrier"), undefined);
  barrier.resolve();
  await settled();
  assert.equal(leadership.leads, true);
  assert.equal(runtime.tally.get("nomad.leader.barrier"), 1);
  await leadership.close();
});

test("leadership gained is told as peers tell it, and summaries are counted anew", async () => {
  const { leadership, runtime, log } = serverWith();
  leadership.follow(leads);
  await settled();
  assert.deepEqual(runtime.logged.slice(0, 2), [
    "[INFO] nomad: cluster leadership acquired",
    "[DEBUG] leader: reconciling job summaries at index: 0",
  ]);
  assert.equal(log.applied.length, 1);
  leadership.follow(follows);
  assert.equal(runtime.logged.at(-1), "[INFO] nomad: cluster leadership lost");
  await leadership.close();
});

test("a leader that closes tells that it leads no more, and one that does not lead has nothing to tell", async () => {
  const { leadership, runtime } = serverWith();
  leadership.follow(leads);
  await settled();
  await leadership.close();
  const lost = "[INFO] nomad: cluster leadership lost";
  assert.equal(runtime.logged.at(-1), lost);
  await leadership.close();
  assert.equal(runtime.logged.filter((line) => line === lost).length, 1);
});

test("the first leader of a cluster has its schedulers work as its configuration says, later ones leave it as it is", async () => {
  const schedulerConfiguration = { ...defaultSchedulerConfiguration, SchedulerAlgorithm: "spread" };
  const { leadership, log } = serverWith({ schedulerConfiguration });
  leadership.follow(leads);
  await settled();
  assert.equal(leadership.leads, true);
  assert.equal(schedulerConfigurationIn(log.state.view()).SchedulerAlgorithm, "spread");
  await log.state.propose(schedulerConfigure, { Config: defaultSchedulerConfiguration, Check: null });
  leadership.follow({ kind: "leader", term: 2 });
  await settled();
  assert.equal(schedulerConfigurationIn(log.state.view()).SchedulerAlgorithm, "binpack");
  await leadership.close();
});

test("the moment leadership is lost nobody is served by its duties", async () => {
  const { leadership } = serverWith();
  leadership.follow(leads);
  await settled();
  const { plans, evaluations, reports, signal } = leadership.leader;
  const plan = plans.submit(aPlan([]));
  leadership.follow(follows);
  assert.equal(leadership.leads, false);
  assert.equal(signal.aborted, true);
  assert.throws(() => leadership.leader, /No cluster leader/);
  await assert.rejects(plan, { name: "RpcError" });
  await assert.rejects(reports.add([]), /No cluster leader/);
  assert.equal(await evaluations.dequeue(["service"], seconds(60), new AbortController().signal), undefined);
});

test("tenures follow each other: each has duties of its own, and begins when the one before has ended", async () => {
  const { leadership, log, broken, clock } = serverWith();
  leadership.follow(leads);
  await settled();
  const first = leadership.leader;
  log.hold();
  const onItsWay = log.state.propose(evaluationsUpdate, { Evals: [anEvaluation()] });
  const report = first.reports.add([]);
  await clock.advance(seconds(1));
  assert.equal(log.open, 2);
  leadership.follow(follows);
  leadership.follow({ kind: "leader", term: 3 });
  await settled();
  assert.equal(leadership.leads, false);
  log.commit();
  await Promise.all([onItsWay, report]);
  await settled();
  assert.equal(leadership.leads, true);
  assert.notEqual(leadership.leader, first);
  const { evaluations } = leadership.leader;
  const delivery = await evaluations.dequeue(["service"], seconds(0), new AbortController().signal);
  assert.equal(delivery?.evaluation.ID, id(100));
  await leadership.close();
  assert.deepEqual(broken, []);
  assert.equal(clock.waiting, 0);
});

test("leadership that comes and goes at once leaves nothing behind", async () => {
  const { leadership, broken, clock, runtime } = serverWith();
  for (let term = 1; term <= 5; term++) {
    leadership.follow({ kind: "leader", term });
    leadership.follow({ kind: "candidate" });
  }
  await settled();
  assert.equal(leadership.leads, false);
  assert.equal(clock.waiting, 0);
  assert.deepEqual([broken, runtime.logged], [[], []]);
  leadership.follow({ kind: "leader", term: 6 });
  leadership.follow({ kind: "leader", term: 7 });
  await settled();
  assert.equal(leadership.leads, true);
  await leadership.close();
});

test("leadership that goes while the barrier is awaited never begins", async () => {
  const barrier = settledByHand();
  const { leadership, runtime } = serverWith({ barrier: () => barrier.promise });
  leadership.follow(leads);
  await settled();
  leadership.follow(follows);
  barrier.reject(new Error("leadership was lost"));
  await settled();
  assert.deepEqual(runtime.logged, []);
  barrier.resolve();
  await leadership.close();
  assert.equal(leadership.leads, false);
});

test("a barrier that fails is tried again for as long as the server is to lead", async () => {
  let tries = 0;
  const { leadership, runtime, clock } = serverWith({
    barrier: async () => {
      tries += 1;
      if (tries < 3) throw new Error("too many wait already");
    },
  });
  leadership.follow(leads);
  await settled();
  assert.ok(runtime.logged[0]?.startsWith("[ERR] nomad: failed to wait for barrier"), runtime.logged[0]);
  await clock.advance(seconds(2));
  assert.equal(leadership.leads, true);
  await leadership.close();
});

test("a duty that breaks is told to whoever can end the server, by its name", async () => {
  const { leadership, broken, log } = serverWith();
  leadership.follow(leads);
  await settled();
  const fault = new TypeError("not a plan");
  log.state.propose = () => {
    throw fault;
  };
  leadership.leader.evaluations.touch = () => {};
  const plan = leadership.leader.plans.submit(aPlan([], { NodeUpdate: { n1: [{}] } }));
  await assert.rejects(plan, fault);
  assert.deepEqual(
    broken.map((error) => [(error as Error).message, (error as Error).cause]),
    [['Leader duty "plan applier" broke', fault]],
  );
  await leadership.close();
});

test("summaries that cannot be counted anew are no reason not to lead", async () => {
  const { leadership, log, broken, runtime } = serverWith();
  log.refusal = new Error("too many wait already");
  leadership.follow(leads);
  await settled();
  assert.equal(leadership.leads, true);
  assert.ok(runtime.logged.some((line) => line.startsWith("[WARN] leader: cannot reconcile job summaries")));
  assert.deepEqual(broken, []);
  await leadership.close();
});

test("a server knows of the cluster once it has led, or followed a leader", async () => {
  const { leadership } = serverWith();
  leadership.follow(follows);
  leadership.follow({ kind: "candidate" });
  assert.equal(leadership.hasMetLeader, false);
  leadership.follow({ kind: "follower", leader: "other" });
  assert.equal(leadership.hasMetLeader, true);
  leadership.follow({ kind: "candidate" });
  assert.equal(leadership.hasMetLeader, true);
});

test("it closes before it ever led, and while it waits to", async () => {
  await serverWith().leadership.close();
  const barrier = settledByHand();
  const { leadership } = serverWith({ barrier: () => barrier.promise });
  leadership.follow(leads);
  await settled();
  const closed = leadership.close();
  assert.equal(await stateOf(closed), "waits");
  barrier.reject(new Error("Raft is shut down"));
  await closed;
});
