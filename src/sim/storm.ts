import { type Duration, minutes, type SeededRandom, seconds } from "../base/index.ts";
import { notLinearizable, type Operation } from "./checkers/linearizable.ts";
import { Core } from "./core.ts";
import { Operator } from "./operator.ts";
import { type ClusterSize, SimCluster } from "./sim-cluster.ts";
import { Trouble } from "./trouble.ts";
import { Workload } from "./workload.ts";
import { World } from "./world.ts";

/** What a storm left behind. */
export interface StormReport {
  /** What was said, in order. */
  readonly lines: readonly string[];
  /** What users saw. */
  readonly history: readonly Operation[];
  /** How often each kind of thing happened. */
  readonly counts: Readonly<Record<string, number>>;
}

/** What a seed draws. */
export interface StormOptions extends ClusterSize {
  readonly users: number;
  readonly hasOperator: boolean;
  readonly lasts: Duration;
}

/**
 * One cluster under one seed. First users are at work while everything goes wrong, and nothing may be lost, torn apart or
 * told wrong. Then a core of it is healed for good: a majority of the servers and some of the clients, with which all must
 * become as it should be in bounded time. At last all is healed. Rejects, with the seed and what it drew, when a promise was
 * broken.
 */
export async function storm(seed: string): Promise<StormReport> {
  const world = new World(seed);
  const options = drawn(world.chance("options"));
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
  const [workload, trouble, operator] = [new Workload(cluster), new Trouble(cluster), new Operator(cluster)];
  for (let user = 0; user < options.users; user++) world.run(() => workload.user());
  world.run(() => trouble.run());
  if (options.hasOperator) world.run(() => operator.run());
  await world.pass(options.lasts);
  await world.settled(operator.end());
  trouble.end();
  workload.end();
  await new Core(cluster, trouble).recovers(workload);
  trouble.heal();
  await cluster.converge(minutes(3));
  await world.settled(workload.readAll());
  const key = notLinearizable(workload.history);
  if (key !== undefined) world.breakPromise(`what users saw of job "${key}" did not happen in any one order`);
  return { lines: world.transcript.lines, history: workload.history, counts: world.coverage.counts() };
}

/** Most clusters are small; one in 25 has fifty clients. Snapshots are due so soon that most worlds see some. */
function drawn(random: SeededRandom): StormOptions {
  const isLarge = random.below(25) === 0;
  return {
    servers: random.below(4) === 0 ? 5 : 3,
    clients: isLarge ? 50 : 1 + random.below(4),
    users: 4,
    hasOperator: random.below(3) > 0,
    lasts: seconds(20 + random.below(15)),
    clockSkew: seconds(random.below(2) * random.below(60)),
    snapshots: {
      afterEntries: 10 + random.below(100),
      afterBytes: 64 * 1024 * 1024,
      trailingEntries: random.below(20),
      trailingBytes: 64 * 1024 * 1024,
      chunkBytes: 1024 << random.below(8),
    },
  };
}
