/**
 * How many lists a server answers in a second over HTTP, to sixteen connections that ask again at once, and how long
 * another question waits meanwhile; then what blocking queries cost that wait for nothing.
 *
 *     npm run bench -- http [seconds for each list]
 */
import { heapOfWaiting } from "./http/heap-of-waiting.ts";
import { load } from "./http/load.ts";
import { Cluster } from "./placements/cluster.ts";
import { Probes } from "./placements/probes.ts";

const seconds = Number(process.argv[2] ?? 10);
const connections = 16;
const parked = 1_000;

/** A list, and what there has to be before: `jobs` of `count` allocations each on so many nodes. */
const lists = [
  { path: "/v1/jobs", nodes: 10, jobs: 100, count: 1 },
  { path: "/v1/nodes", nodes: 5_000, jobs: 0, count: 0 },
  { path: "/v1/allocations", nodes: 100, jobs: 10, count: 1_000 },
];

for (const { path, nodes, jobs, count } of lists) {
  const cluster = await Cluster.start(nodes, { pulls: false, reports: true }, { unbuilt: false });
  const { server } = cluster;
  try {
    if (jobs > 0) await cluster.place({ name: "lists", type: "service", jobs, count, nodes }, "job", 120);
    await load({ port: server.httpPort, path, connections, seconds: 2 });
    const before = server.cpuMs;
    const probes = new Probes(server, "/v1/status/leader");
    const { answers, bytesEach } = await load({ port: server.httpPort, path, connections, seconds });
    const { http, heartbeats } = await probes.stop();
    const share = (server.cpuMs.main - before.main) / seconds / 10;
    console.log(
      `${path} of ${Math.round(bytesEach / 1024)} KB: ${(answers / seconds).toFixed(0)}/s, main thread ${share.toFixed(0)} %; another question ${told(http)}, a heartbeat ${told(heartbeats)}`,
    );
    if (jobs === 100) console.log(await heapOfWaiting(server, parked));
  } finally {
    await cluster.dispose();
  }
}

function told({ p50, p99, max }: { readonly p50: number; readonly p99: number; readonly max: number }): string {
  return `p50 ${p50.toFixed(0)}, p99 ${p99.toFixed(0)}, at most ${max.toFixed(0)} ms`;
}
