import { Cluster } from "./cluster.ts";
import type { Work } from "./works.ts";

const nodeCounts = [1_000, 2_000, 5_000, 10_000];
const allocationCounts = [10_000, 100_000, 1_000_000];
const perJob = 1_000;
const measured = 20_000;
const patience = 1_800;

/** Placements a second by the number of nodes, then by the number of allocations that are there. */
export async function curve(): Promise<void> {
  for (const nodes of nodeCounts) {
    const cluster = await started(nodes);
    console.log(`${nodes} nodes: ${await speed(cluster, nodes, "job")}/s`);
    await cluster.dispose();
  }
  const nodes = 5_000;
  const cluster = await started(nodes);
  let present = 0;
  for (const count of allocationCounts) {
    const jobs = Math.round((count - present) / perJob);
    await cluster.place(work(nodes, jobs), `until-${count}`, patience);
    console.log(`${count} allocations on ${nodes} nodes: ${await speed(cluster, nodes, `beside-${count}`)}/s`);
    present = count + measured;
  }
  await cluster.dispose();
}

async function started(nodes: number): Promise<Cluster> {
  const cluster = await Cluster.start(nodes, { pulls: false, reports: true }, { unbuilt: false });
  await cluster.place({ ...work(nodes, 4), count: 500 }, "before", patience);
  return cluster;
}

async function speed(cluster: Cluster, nodes: number, prefix: string): Promise<string> {
  const { seen, seconds } = await cluster.place(work(nodes, measured / perJob), prefix, patience);
  return (seen / seconds).toFixed(0);
}

function work(nodes: number, jobs: number): Work {
  return { name: "curve", type: "service", jobs, count: perJob, nodes };
}
