/**
 * What an agent, server and client in one, keeps of jobs that came and went: its memory after full collections, beside how far
 * its log goes, of which it holds the last 10,240 entries and what came since its last snapshot.
 *
 *     npm run bench -- job-cycles [jobs] [jobs between figures] [jobs at once]
 */
import { Agents } from "../test/system/support/agents.ts";
import { freePorts } from "../test/system/support/nomad.ts";
import { cycleJobs, cyclingAgent } from "../test/system/tasks/cycling-jobs.ts";
import { MemoryProbe } from "../test/system/tasks/memory-probe.ts";

const [jobs = 10_000, between = 1_000, atOnce = 20] = process.argv.slice(2).map(Number);

const agents = await Agents.begin();
try {
  const [port = 0] = await freePorts(1);
  const agent = await agents.place("all");
  await agent.start(cyclingAgent, [], MemoryProbe.environment(port));
  const probe = await MemoryProbe.connect(agent, port);
  await agent.seen<{ Status: string }[]>("the node is ready", "/v1/nodes", ([node]) => node?.Status === "ready");
  for (let done = between; done <= jobs; done += between) {
    await cycleJobs(agent, { name: `to-${done}`, count: between, atOnce });
    const { heapMB, buffersMB, residentMB } = await probe.kept();
    const { stats } = await agent.get<{ stats: { raft: Readonly<Record<string, string>> } }>("/v1/agent/self");
    console.log(
      `after ${done} jobs: heap ${heapMB.toFixed(1)} MB, buffers ${buffersMB.toFixed(1)} MB, ` +
        `resident ${residentMB.toFixed(0)} MB; log to ${stats.raft.last_log_index}, snapshot to ${stats.raft.last_snapshot_index}`,
    );
  }
  probe.close();
} finally {
  await agents.dispose();
}
