import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "../support/nomad.ts";
import { registerJob, type Victim, withVictim } from "./victim.ts";

/** Jobs that are as large as they may be, or larger: the server stays what it is, and loses no node. */

const task = {
  Name: "main",
  Driver: "raw_exec",
  Config: { command: "/bin/sleep", args: ["1000"] },
  Resources: { CPU: 100, MemoryMB: 100, DiskMB: 20 },
  LogConfig: { MaxFiles: 1, MaxFileSizeMB: 1 },
};
const group = (fields: object = {}) => ({
  Name: "grp",
  Count: 1,
  Tasks: [task],
  RestartPolicy: { Attempts: 1, Interval: 1e9, Delay: 1e8, Mode: "delay" },
  ...fields,
});
const many = <Item>(count: number, make: (at: number) => Item) => Array.from({ length: count }, (_, at) => make(at));

/** A client says something every ten seconds at the latest, and has ten seconds more. */
const mostFelt = 8_000;

async function register(victim: Victim, fields: object): Promise<{ readonly status: number; readonly text: string }> {
  const job = {
    Region: "global",
    ID: "huge",
    Name: "huge",
    Type: "service",
    Priority: 50,
    Datacenters: ["far"],
    ...fields,
  };
  const answer = await fetch(`${victim.address}/v1/jobs`, { method: "PUT", body: JSON.stringify({ Job: job }) });
  return { status: answer.status, text: await answer.text() };
}

/** Resolves when nothing waits to be decided any more. */
function decided(victim: Victim): Promise<unknown> {
  const look = async () => {
    const evaluations = (await (await fetch(`${victim.address}/v1/evaluations`)).json()) as { Status: string }[];
    return evaluations.every(({ Status }) => Status !== "pending") || undefined;
  };
  return eventually("all is decided", look, 60);
}

test("T17: jobs at the limits are taken, and what is decided for them delays no heartbeat", () =>
  withVictim(
    async (victim) => {
      await victim.watch();
      const condition = (at: number) => ({ LTarget: "${attr.kernel.name}", Operand: "!=", RTarget: `${at}` });
      const jobs = [
        { TaskGroups: [group({ Count: 100_000 })] },
        { TaskGroups: many(20_000, (at) => group({ Name: `g${at}` })) },
        { Constraints: many(10_000, condition), Datacenters: ["dc1"], TaskGroups: [group({ Count: 0 })] },
        { Meta: { large: "v".repeat(20_000_000) }, TaskGroups: [group()] },
      ];
      for (const fields of jobs) {
        const { status, text } = await register(victim, fields);
        assert.equal(status, 200, text);
        await decided(victim);
      }
      const { worst, failures } = await victim.felt();
      assert.ok(worst < mostFelt, `somebody waited for ${worst} ms`);
      assert.equal(failures, 0);
      const nodes = (await (await fetch(`${victim.address}/v1/nodes`)).json()) as { Status: string }[];
      assert.deepEqual(
        nodes.map(({ Status }) => Status),
        ["ready"],
      );
      assert.doesNotMatch(await victim.log(), /TTL expired/);
    },
    { client: true },
  ));

test("T17: jobs beyond a limit are refused by its name, and nothing of them is kept", () =>
  withVictim(async (victim) => {
    const condition = { LTarget: "${attr.a}", Operand: "regexp", RTarget: "(a+)+$" };
    const refused: readonly (readonly [object, RegExp])[] = [
      [{ TaskGroups: [group({ Count: 1_000_000 })] }, /1000000 allocations: at most 100000 are possible/],
      [{ TaskGroups: many(20_001, (at) => group({ Name: `g${at}` })) }, /20001 task groups: at most 20000/],
      [{ Constraints: many(100_000, () => condition), TaskGroups: [group()] }, /100000 constraints.*: at most 10000/],
      [{ Constraints: many(10_000, () => condition), TaskGroups: [group()] }, /expressions of the job are too large/],
      [
        { Meta: { huge: "v".repeat(40_000_000) }, TaskGroups: [group()] },
        /an entry has 4\d+ bytes, and at most 33554432/,
      ],
    ];
    for (const [fields, reason] of refused) {
      const { status, text } = await register(victim, fields);
      assert.equal(status, 500);
      assert.match(text, reason);
    }
    assert.deepEqual(await (await fetch(`${victim.address}/v1/jobs`)).json(), []);
    await registerJob(victim, { ID: "after", TaskGroups: [group({ Count: 0 })] });
  }));
