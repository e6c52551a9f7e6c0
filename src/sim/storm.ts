import { type Duration, milliseconds, minutes, type SeededRandom, seconds } from "../base/index.ts";
import { makesRoom } from "./checkers/checkers.ts";
import { notLinearizable, type Operation } from "./checkers/linearizable.ts";
import { Core } from "./core.ts";
import { Drains, drainDeeds } from "./drains.ts";
import { moveOf, moves } from "./moves.ts";
import { deeds, Operator } from "./operator.ts";
import { type ClusterSize, SimCluster } from "./sim-cluster.ts";
import { faults, Trouble } from "./trouble.ts";
import { Watchers } from "./watchers.ts";
import { type Habits, Workload } from "./workload.ts";
import { World } from "./world.ts";

/** What a storm left behind. */
export interface StormReport {
  /** What was said, in order. */
  readonly lines: readonly string[];
  /** How many answers about changes were held against the truth. */
  readonly watched: number;
  /** What users saw. */
  readonly history: readonly Operation[];
  /** How often each kind of thing happened. */
  readonly counts: Readonly<Record<string, number>>;
}

/** What a seed draws. */
export interface StormOptions extends ClusterSize {
  readonly users: number;
  readonly habits: Habits;
  readonly hasOperator: boolean;
  readonly hasDrains: boolean;
  readonly lasts: Duration;
  /** It goes on until users have done so much, however long that takes. */
  readonly operations: number;
}

/** What has to happen in some world, or the worlds tested too little. */
export const expectedKinds: readonly string[] = [
  ...faults.map(({ kind }) => kind),
  ...deeds,
  ...drainDeeds,
  ...moves,
  ...["down", "not heard", "deaf", "alone"].map((how) => `${how} while the core recovers`),
  "make room for another",
  "take a snapshot",
  "get a leader's snapshot",
];

/**
 * One cluster under one seed. First users are at work while everything goes wrong, and nothing may be lost, torn apart or
 * told wrong. Then a core of it is healed for good: a majority of the servers and some of the clients, with which all must
 * become as it should be in bounded time. At last all is healed. Rejects, with the seed and what it drew, when a promise was
 * broken.
 */
export async function storm(seed: string, wishes: Partial<StormOptions> = {}): Promise<StormReport> {
  const world = new World(seed);
  const options = { ...drawn(world.chance("options")), ...wishes };
  try {
    return await blow(world, options);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`seed "${seed}", ${JSON.stringify(options)}: ${why}`, { cause: error });
  } finally {
    world.abandon();
  }
}

async function blow(world: World, options: StormOptions): Promise<StormReport> {
  const cluster = new SimCluster(world, options);
  await cluster.converge(minutes(2));
  const workload = new Workload(cluster, options.habits);
  const [trouble, operator, drains] = [new Trouble(cluster), new Operator(cluster), new Drains(cluster)];
  const watchers = new Watchers(cluster);
  world.agreement.watch((_view, { changes }) => {
    if (changes.some(makesRoom)) world.happened("make room for another");
    for (const move of changes.map(moveOf)) if (move !== undefined) world.coverage.happened(move);
  });
  await world.settled(workload.begin());
  for (const name of ["one watcher", "another"]) world.run(() => watchers.run(name));
  for (let user = 0; user < options.users; user++) world.run(() => workload.user());
  world.run(() => trouble.run());
  if (options.hasOperator) world.run(() => operator.run());
  if (options.hasDrains) world.run(() => drains.run());
  await world.pass(options.lasts);
  while (workload.operations < options.operations) await world.pass(seconds(1));
  await world.settled(operator.end());
  trouble.end();
  drains.end();
  workload.end();
  watchers.end();
  await new Core(cluster, trouble).recovers(workload);
  trouble.heal();
  await world.settled(drains.undo());
  await cluster.converge(minutes(3));
  await world.settled(workload.readAll());
  const key = notLinearizable(workload.history);
  if (key !== undefined) world.breakPromise(`what users saw of job "${key}" did not happen in any one order`);
  return {
    lines: world.transcript.lines,
    history: workload.history,
    watched: watchers.answers,
    counts: world.coverage.counts(),
  };
}

/**
 * Many users in a hurry, who share five jobs: a history of so many operations. The jobs want nothing to run, so that it takes
 * no longer than it must.
 */
export function longHistory(seed: string, operations: number): Promise<StormReport> {
  const habits: Habits = { jobs: ["a", "b", "c", "d", "e"], rest: milliseconds(200), count: 0 };
  return storm(seed, { users: 20, habits, hasDrains: false, operations });
}

/** Most clusters are small; one in 25 has fifty clients. In one of four jobs take each other's room. Snapshots are due so soon that most worlds see some. */
function drawn(random: SeededRandom): StormOptions {
  const isLarge = random.below(25) === 0;
  const options = {
    servers: random.below(4) === 0 ? 5 : 3,
    clients: isLarge ? 50 : 1 + random.below(4),
    users: 4,
    habits: { jobs: ["red", "green", "blue", "gold"], rest: seconds(1), count: 3 },
    hasOperator: random.below(3) > 0,
    hasDrains: random.below(2) > 0,
    lasts: seconds(20 + random.below(15)),
    operations: 0,
    clockSkew: seconds(random.below(2) * random.below(60)),
    snapshots: {
      afterEntries: 10 + random.below(100),
      afterBytes: 64 * 1024 * 1024,
      leastDistance: milliseconds(0),
      trailingEntries: random.below(20),
      trailingBytes: 64 * 1024 * 1024,
      chunkBytes: 1024 << random.below(8),
    },
  };
  const isCrowded = random.below(4) === 0;
  return isCrowded ? { ...options, habits: { ...options.habits, isCrowded, count: options.clients } } : options;
}
