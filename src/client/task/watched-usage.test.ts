import assert from "node:assert/strict";
import { test } from "node:test";
import { type Duration, dictionary, milliseconds, seconds } from "../../base/index.ts";
import type { UsageMeter } from "../../drivers/index.ts";
import type { TaskUsage } from "../../model/index.ts";
import { ManualClock } from "../../runtime/index.ts";
import { WatchedUsage } from "./watched-usage.ts";

/** A usage that is followed, and the seconds at which samples were taken, each of which tells its number as memory. */
function followed({ measure }: { readonly measure?: UsageMeter } = {}) {
  const clock = new ManualClock();
  const start = clock.now();
  const takenAt: number[] = [];
  const sample = async () => {
    takenAt.push((clock.now() - start) / seconds(1));
    return usageOf(takenAt.length);
  };
  const usage = new WatchedUsage(clock, seconds(1));
  const end = new AbortController();
  const following = usage.follow(measure ?? sample, end.signal);
  return { clock, usage, takenAt, end, following };
}

function usageOf(RSS: number): TaskUsage {
  return { ResourceUsage: { MemoryStats: { RSS } }, Timestamp: 0, Pids: dictionary() } as unknown as TaskUsage;
}

const numberOf = (usage: TaskUsage | undefined) => usage?.ResourceUsage.MemoryStats.RSS;

async function lookEvery(time: Duration, until: number, { clock, usage }: ReturnType<typeof followed>) {
  const looks = until / (time / seconds(1));
  for (let i = 0; i < looks; i++) {
    usage.look();
    await clock.advance(time);
  }
}

test("a task at which nobody looks is measured after a second, and then every ten", async () => {
  const { clock, takenAt } = followed();
  await clock.advance(seconds(35));
  assert.deepEqual(takenAt, [1, 11, 21, 31]);
});

test("one at which somebody looks now and then is measured every second, until three have gone by without a look", async () => {
  const it = followed();
  await lookEvery(seconds(2), 12, it);
  assert.deepEqual(it.takenAt, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  await it.clock.advance(seconds(28));
  assert.deepEqual(it.takenAt.slice(12), [22, 32]);
});

test("whoever looks after a rest gets a sample of now", async () => {
  const { clock, usage, takenAt } = followed();
  await clock.advance(milliseconds(7_500));
  const looked = usage.lookNow();
  await clock.advance(seconds(0));
  assert.equal(numberOf(await looked), 2);
  assert.deepEqual(takenAt, [1, 7.5]);
});

test("a sample that is less than a second old is new enough, and the next comes a second after it", async () => {
  const { clock, usage, takenAt } = followed();
  await clock.advance(milliseconds(11_400));
  assert.equal(numberOf(await usage.lookNow()), 2);
  await clock.advance(seconds(1));
  assert.deepEqual(takenAt, [1, 11, 12]);
});

test("before the first sample, and after the end, there is none, and nobody waits for one", async () => {
  const { clock, usage, end, following } = followed();
  assert.equal(await usage.lookNow(), undefined);
  await clock.advance(seconds(2));
  assert.equal(numberOf(usage.look()), 2);
  end.abort();
  await following;
  assert.equal(await usage.lookNow(), undefined);
});

test("whoever waits for a sample when the task ends gets none", async () => {
  const { clock, usage, end } = followed();
  await clock.advance(seconds(5));
  const looked = usage.lookNow();
  end.abort();
  assert.equal(await looked, undefined);
});

test("a sample that does not come is not waited for longer than three seconds", async () => {
  let taken = 0;
  const { clock, usage } = followed({
    measure: () => (++taken === 1 ? Promise.resolve(usageOf(1)) : new Promise(() => {})),
  });
  await clock.advance(seconds(5));
  let found: TaskUsage | undefined;
  void usage.lookNow().then((looked) => {
    found = looked;
  });
  await clock.advance(milliseconds(2_900));
  assert.equal(found, undefined);
  await clock.advance(milliseconds(100));
  assert.equal(numberOf(found), 1);
});

test("a sample of which nothing was learned leaves the one before", async () => {
  let taken = 0;
  const { clock, usage } = followed({ measure: async () => (++taken === 1 ? usageOf(1) : undefined) });
  await clock.advance(seconds(30));
  assert.equal(numberOf(usage.look()), 1);
});

test("a task that cannot be measured has no usage", async () => {
  const { clock, usage, following } = followed({ measure: () => Promise.reject(new Error("no such group")) });
  const failed = assert.rejects(following, /no such group/);
  await clock.advance(seconds(2));
  await failed;
  assert.equal(usage.look(), undefined);
});

test("each run of a task is measured anew", async () => {
  const { clock, usage, end, following } = followed();
  await clock.advance(seconds(5));
  end.abort();
  await following;
  const next = new AbortController();
  void usage.follow(async () => usageOf(99), next.signal);
  await clock.advance(milliseconds(900));
  assert.equal(usage.look(), undefined);
  await clock.advance(milliseconds(100));
  assert.equal(numberOf(usage.look()), 99);
});
