import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { SeededRandom } from "../../../src/base/index.ts";
import { eventually } from "../support/nomad.ts";
import { scaled } from "../support/scale.ts";
import { type Acknowledged, JobWriting, missing, priorityOf, register } from "./job-writing.ts";
import { type JobStub, Servers } from "./servers.ts";

const beside = (at: number, directory: string) => ({ dataDirectory: join(directory, `data${at}`) });

for (const count of [1, 3]) {
  test(`R1: what ${count === 1 ? "a server alone" : "the leader of three servers"} acknowledged to eight writers is there after kill -9`, {
    timeout: 7_200_000,
  }, async (context) => {
    const servers = await Servers.start(count, beside);
    const random = new SeededRandom(`kills of ${count}`);
    const acknowledged: Acknowledged[] = [];
    const kills = scaled({ merge: count === 1 ? 12 : 6, release: 100 });
    try {
      for (let round = 0; round < kills; round++) {
        const leader = await servers.leader();
        const writing = new JobWriting(servers, count, `r${round}`);
        const enough = 8 + random.below(40);
        await eventually("enough is written", () => writing.acknowledged.length >= enough || undefined, 60);
        await servers.kill(leader);
        servers.startOne(leader);
        acknowledged.push(...(await writing.end()));
        assert.deepEqual(missing(acknowledged, await servers.jobs(leader)), [], `lost in round ${round}`);
      }
      context.diagnostic(`${acknowledged.length} acknowledged, 0 lost in ${kills} kills of ${count} server(s)`);
    } finally {
      await servers.dispose();
    }
  });
}

test("R4: after kill -9 the first answer that is not stale is complete", { timeout: 600_000 }, async (context) => {
  const count = scaled({ merge: 800, release: 6500 });
  const servers = await Servers.start(1, beside);
  try {
    await servers.leader();
    const ids = Array.from({ length: count }, (_, number) => `job-${number}`);
    await registerAll(servers, ids);
    await servers.kill(0);
    servers.startOne(0);
    const began = performance.now();
    let partial = 0;
    const first = await eventually(
      "the server answers",
      async () => {
        const answer = await fetch(`${servers.address(0)}/v1/jobs`).catch(() => undefined);
        if (answer?.ok) return (await answer.json()) as JobStub[];
        await answer?.text();
        partial++;
        return undefined;
      },
      60,
      10,
    );
    const took = performance.now() - began;
    assert.equal(first.length, count);
    assert.deepEqual(
      first.filter(({ ID, Priority }) => Priority !== priorityOf(ID)),
      [],
    );
    context.diagnostic(`complete ${Math.round(took)} ms after the start at ${count} jobs, after ${partial} refusals`);
  } finally {
    await servers.dispose();
  }
});

/** Sixteen at a time. */
async function registerAll(servers: Servers, ids: readonly string[]): Promise<void> {
  const waiting = [...ids];
  const worker = async () => {
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
      assert.notEqual(await register(servers.address(0), id, 60_000), undefined, id);
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
}
