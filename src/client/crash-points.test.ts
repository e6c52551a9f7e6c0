import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { seconds } from "../base/index.ts";
import type { Allocation, TaskState } from "../model/index.ts";
import { NodeProcesses } from "../runtime/node/index.ts";
import { fakeRuntime } from "./testing/fake-runtime.ts";
import { FakeServers } from "./testing/fake-servers.ts";
import { someAllocation, someJob } from "./testing/makers.ts";
import { MortalMachine } from "./testing/mortal-agent.ts";

/** One task fails again and again until its policy gives up; the other would run for ever. */
const tasks = [
  { Name: "failing", Driver: "surviving", Config: { runs_for_seconds: 4, exit_code: 3 } },
  { Name: "lasting", Driver: "surviving", Config: { runs_for_seconds: 3600, exit_code: 0 } },
];
const restarts = 2;

function allocationOf(wanted: typeof tasks): Allocation {
  const job = someJob({ tasks: wanted });
  const policy = { Attempts: restarts, Interval: 600e9, Delay: 2e9, Mode: "fail" };
  const [group] = job.TaskGroups;
  return someAllocation({ Job: { ...job, TaskGroups: [{ ...group, RestartPolicy: policy }] } });
}

interface Crash {
  /** The first agent is killed after this many steps, the second after as many more. */
  readonly steps: readonly number[];
  /** How long no agent runs after each crash. */
  readonly awaySeconds: number;
  readonly damaged?: boolean;
}

/** Runs an allocation, which servers stop after a while if they do, from its beginning until the servers have forgotten it. */
async function lived(wanted: typeof tasks, stopAfter: number | undefined, crash: Crash) {
  const world = fakeRuntime();
  const machine = new MortalMachine(world, new FakeServers());
  const { servers } = machine;
  const allocation = allocationOf(wanted);
  const crashes = [...crash.steps];
  let last: Allocation | undefined;
  let isWanted = true;
  const pass = async (forSeconds: number) => {
    for (let second = 0; second < forSeconds; second++) {
      await world.clock.advance(seconds(1));
      last = servers.updates.flat().at(-1) ?? last;
      if (!machine.isAgentDead) continue;
      if (crash.damaged === true) {
        world.databases.damage("/data/client/state.db");
        if (isWanted) servers.want({ ...allocation, TaskStates: last?.TaskStates ?? {} });
      }
      await world.clock.advance(seconds(crash.awaySeconds));
      await machine.start({ steps: crashes.shift() });
    }
  };
  await machine.start({ steps: crashes.shift() });
  servers.want(allocation);
  if (stopAfter === undefined) await pass(crash.damaged === true ? 60 : 30);
  else {
    await pass(stopAfter);
    servers.want({ ...allocation, DesiredStatus: "stop", AllocModifyIndex: 20 });
    await pass(10);
  }
  const states: Readonly<Record<string, TaskState>> = last?.TaskStates ?? {};
  const status = last?.ClientStatus;
  const leftBefore = machine.tasks.left;
  isWanted = false;
  servers.want();
  await pass(10);
  await machine.shutdown();
  // Of an allocation that nobody knows any more the directory stays: it may hold what somebody misses.
  const unknown = crash.damaged === true ? "/data/alloc/" : "none";
  const paths = world.disk.paths().filter((path) => path.includes(allocation.ID) && !path.startsWith(unknown));
  return { machine, states, status, leftBefore, paths };
}

function story(state: TaskState | undefined): string {
  return (state?.Events ?? [])
    .map(({ Type, ExitCode }) => (Type === "Terminated" ? `${Type} ${ExitCode}` : Type))
    .join(", ");
}

const failing = [
  "Received, Started, Terminated 3, Restarting, Started, Terminated 3, Restarting, Started, Terminated 3",
  "Not Restarting",
].join(", ");

/** Every pair of steps is gone through for a release, some of them on every change. */
const isWhole = new NodeProcesses().environment.NOMAD_TEST_SCALE === "release";

const undisturbed = await lived(tasks, undefined, { steps: [], awaySeconds: 0 });
const steps = undisturbed.machine.steps.map((name, at) => ({ name, number: at + 1, awaySeconds: [0, 3, 20][at % 3]! }));

/** What holds however often the agent was killed: nothing twice, nothing left over. */
function harmless({ machine, leftBefore, paths }: Awaited<ReturnType<typeof lived>>, at: string): void {
  assert.deepEqual(machine.tasks.doubles, [], at);
  assert.deepEqual([leftBefore, machine.tasks.left, paths], [[], [], []], at);
}

describe("T41, R26: a client whose agent is killed at any step", () => {
  test("starts no task twice, learns every exit, counts on, and ends what is to end", async () => {
    const stories = { failing: story(undisturbed.states.failing), lasting: story(undisturbed.states.lasting) };
    assert.deepEqual(stories, { failing, lasting: "Received, Started, Killing, Killed" });
    assert.ok(steps.length > 40, `${steps.length} steps`);
    for (const { name, number, awaySeconds } of steps) {
      const at = `killed at step ${number} (${name}), away for ${awaySeconds} s`;
      const after = await lived(tasks, undefined, { steps: [number], awaySeconds });
      harmless(after, at);
      const { machine, states, status } = after;
      assert.deepEqual(Object.fromEntries(machine.tasks.starts), { failing: 1 + restarts, lasting: 1 }, at);
      assert.equal(story(states.failing), failing, at);
      // Both agents may have told that they are killing it.
      assert.match(story(states.lasting), /^Received, Started, (Killing, ){1,2}Killed$/, at);
      assert.equal(status, "failed", at);
    }
  });

  test("the same when the next agent is killed as well, while it takes up what there is", async () => {
    const secondSteps = Array.from({ length: 24 }, (_, at) => 1 + at);
    const pairs = steps.flatMap(({ number }) => secondSteps.map((second) => ({ number, second })));
    const some = ({ number, second }: { number: number; second: number }) =>
      number % 2 === 1 && second === 1 + ((number * 7) % 24);
    const chosen = isWhole ? pairs : pairs.filter(some);
    assert.ok(chosen.length > (isWhole ? 1_000 : 20), `${chosen.length} pairs`);
    for (const { number, second } of chosen) {
      const at = `killed at step ${number}, and again ${second} steps later`;
      const after = await lived(tasks, undefined, { steps: [number, second], awaySeconds: 1 });
      harmless(after, at);
      assert.deepEqual(Object.fromEntries(after.machine.tasks.starts), { failing: 1 + restarts, lasting: 1 }, at);
      assert.equal(story(after.states.failing), failing, at);
    }
  });

  test("stops what the servers have stopped meanwhile", async () => {
    for (const { number } of steps.slice(0, 30)) {
      const at = `killed at step ${number}`;
      const after = await lived(tasks.slice(1), 3, { steps: [number], awaySeconds: 4 });
      harmless(after, at);
      assert.ok((after.machine.tasks.starts.get("lasting") ?? 0) <= 1, at);
      assert.equal(after.status, "complete", at);
    }
  });

  test("and whose database is damaged by that takes up what runs, ends what nobody wants, and leaves nothing", async () => {
    for (const { number, awaySeconds } of steps.filter((_, at) => at % 2 === 1)) {
      const at = `killed at step ${number}, away for ${awaySeconds} s`;
      const after = await lived(tasks, undefined, { steps: [number], awaySeconds, damaged: true });
      harmless(after, at);
      // An end of which the servers had not heard yet is forgotten with the database.
      assert.ok((after.machine.tasks.starts.get("lasting") ?? 0) <= 2, at);
      assert.equal(after.status, "failed", at);
    }
  });
});
