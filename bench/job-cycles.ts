/**
 * What an agent, server and client in one, keeps of jobs that came and went: its memory after full collections, and how many
 * entries of the log are in it.
 *
 *     npm run bench -- job-cycles [jobs] [jobs between figures] [jobs at once]
 */
import { Agents } from "../test/system/support/agents.ts";
import { cycleJobs, startCyclingAgent } from "../test/system/tasks/cycling-jobs.ts";

const [jobs = 10_000, between = 1_000, atOnce = 20] = process.argv.slice(2).map(Number);

const agents = await Agents.begin();
try {
  const { agent, probe } = await startCyclingAgent(agents);
  for (let done = between; done <= jobs; done += between) {
    await cycleJobs(agent, { name: `to-${done}`, count: between, atOnce });
    const { heapMB, buffersMB, logEntries, residentMB } = await probe.kept();
    console.log(
      `after ${done} jobs: heap ${heapMB.toFixed(1)} MB, buffers ${buffersMB.toFixed(1)} MB, ` +
        `${logEntries} entries of the log in them; resident ${residentMB.toFixed(0)} MB`,
    );
  }
  probe.close();
} finally {
  await agents.dispose();
}
