import { setTimeout as sleep } from "node:timers/promises";
import { Cluster } from "./cluster.ts";

/** Until what the registrations left behind is done with. */
const rest = 30;

/** What a server takes whose nodes only say that they live, as often as it wants them to. */
export async function idle(seconds: number, nodes: number): Promise<void> {
  const cluster = await Cluster.start(nodes, { pulls: false, reports: true }, { unbuilt: false });
  const { server } = cluster;
  try {
    await sleep(rest * 1000);
    const before = server.cpuMs;
    const peaks: number[] = [];
    for (let second = 0; second < seconds; second++) {
      await sleep(1000);
      peaks.push(server.residentMB);
    }
    const after = server.cpuMs;
    const share = ((after.all - before.all) / seconds / 10).toFixed(2);
    const ofMain = ((after.main - before.main) / seconds / 10).toFixed(2);
    const resident = `resident ${Math.min(...peaks)} to ${Math.max(...peaks)} MB`;
    const { heap } = await server.memory();
    console.log(
      `idle with ${nodes} nodes for ${seconds} s: ${share} % of a core (${ofMain} % its main thread), ${resident}, heap ${heap.toFixed(0)} MB`,
    );
  } finally {
    await cluster.dispose();
  }
}
