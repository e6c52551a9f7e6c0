/**
 * What three durable servers on this machine can do: registrations of jobs over HTTP, each of another job, to the
 * leader and to a follower; one after the other; reads.
 *
 *     npm run bench -- raft [rounds] [seconds of each measurement] [only what is called so]
 */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Load, Measured } from "./raft/load.ts";
import { type Server, Servers } from "./raft/servers.ts";

const [rounds = 3, seconds = 10] = process.argv.slice(2, 4).map(Number);
const only = process.argv[4];
const generator = fileURLToPath(new URL("raft/load.ts", import.meta.url));
const writers = 32;

for (let round = 1; round <= rounds; round++) {
  console.log(`round ${round} of ${rounds}, ${seconds} s each:`);
  const servers = await Servers.start();
  try {
    const { leader, follower } = await servers.leader();
    const write = { connections: writers, warmUpSeconds: 10, seconds };
    await measure(servers, "1 writer", leader, { ...write, connections: 1, ask: { jobPrefix: `s${round}` } });
    await measure(servers, "32 writers", leader, { ...write, ask: { jobPrefix: `w${round}` } });
    await measure(servers, "32 writers to a follower", follower, { ...write, ask: { jobPrefix: `f${round}` } });
    const path = `/v1/job/w${round}-7`;
    const read = { connections: writers, warmUpSeconds: 2, seconds: Math.ceil(seconds / 2) };
    await measure(servers, "32 readers", leader, { ...read, ask: { path } });
    await measure(servers, "32 readers at a follower", follower, { ...read, ask: { path } });
    await measure(servers, "32 readers, stale", follower, { ...read, ask: { path: `${path}?stale` } });
  } finally {
    await servers.dispose();
  }
}

async function measure(servers: Servers, what: string, server: Server, load: Omit<Load, "port">): Promise<void> {
  if (only !== undefined && only !== what) return;
  const child = spawn(process.execPath, [generator, JSON.stringify({ ...load, port: server.port })], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let printed = "";
  let cpuBefore = servers.cpuMs;
  let cpuAfter = 0;
  for await (const text of child.stdout.setEncoding("utf8")) {
    if (text.startsWith("warm")) cpuBefore = servers.cpuMs;
    else cpuAfter = servers.cpuMs;
    printed += text;
  }
  const measured = JSON.parse(printed.replace("warm\n", "")) as Measured;
  const each = (milliseconds: number) => (milliseconds / measured.asked).toFixed(3);
  const behind = await servers.quiet();
  console.log(
    `  ${what}: ${measured.perSecond.toFixed(0)}/s, p50 ${measured.p50.toFixed(2)}, p99 ${measured.p99.toFixed(2)}, ` +
      `max ${measured.max.toFixed(1)} ms; processor: servers ${each(cpuAfter - cpuBefore)} + ` +
      `asking ${each(measured.ownCpuMs)} ms each; refused ${measured.refused}; all done ${behind.toFixed(1)} s later`,
  );
  if (measured.refused > 0) console.log(measured.firstRefusal);
}
