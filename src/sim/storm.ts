import { assert, minutes, seconds } from "../base/index.ts";
import { notLinearizable, type Operation } from "./checkers/linearizable.ts";
import { SimCluster } from "./sim-cluster.ts";
import { Trouble } from "./trouble.ts";
import { Workload } from "./workload.ts";
import { World } from "./world.ts";

/**
 * One cluster under one seed, in two phases: users at work while everything goes wrong, and then a time in which nothing
 * does, when all must become as it should be. Rejects with the seed when a promise was broken; gives what was said, and
 * what users saw.
 */
export async function storm(
  seed: string,
): Promise<{ readonly lines: readonly string[]; readonly history: readonly Operation[] }> {
  const world = new World(seed);
  try {
    const random = world.chance("size");
    const cluster = new SimCluster(world, { servers: random.below(4) === 0 ? 5 : 3, clients: 1 + random.below(4) });
    await cluster.converge(minutes(2));
    const [workload, trouble] = [new Workload(cluster), new Trouble(cluster)];
    for (let user = 0; user < 4; user++) world.run(() => workload.user());
    world.run(() => trouble.run());
    await world.pass(seconds(40));
    trouble.end();
    workload.end();
    await world.pass(seconds(15));
    await cluster.converge(minutes(5));
    await world.settled(workload.readAll());
    const key = notLinearizable(workload.history);
    assert(key === undefined, `what users saw of job "${key}" happened in one order`);
    return { lines: world.transcript.lines, history: workload.history };
  } catch (error) {
    throw new Error(`seed "${seed}": ${error instanceof Error ? error.message : error}`, { cause: error });
  } finally {
    world.abandon();
  }
}
