/**
 * How many allocations a real server with a durable log places in a second: simulated nodes in a second process register,
 * say that they live, wait for their allocations and report them as running, in Nomad's RPC; jobs are registered over
 * HTTP. The time is from the first registration until every node has been told of all its allocations. Each round begins
 * with a new server, which places another job first.
 *
 *     npm run bench -- placements [work, or all] [rounds] [list | pull | report | profile]
 *
 * `list` leaves off the reports, `pull` has nodes fetch each allocation too. `profile` says where the server's time goes, and leaves the profile in .bench/.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Behaviour } from "./placements/fleet.ts";
import type { FromClients, ToClients, WorkDone } from "./placements/messages.ts";
import { OneServer } from "./placements/one-server.ts";
import { summary } from "./placements/profile.ts";
import { described, type Work, works } from "./placements/works.ts";

const [name = "all", rounds = "3", ...modes] = process.argv.slice(2);
const behaviour: Behaviour = { pulls: modes.includes("pull"), reports: !modes.includes("list") };
const clients = fileURLToPath(new URL("placements/clients.ts", import.meta.url));

const chosen = works.filter((work) => (name === "all" ? work.name !== "c1m" : work.name === name));
if (chosen.length === 0) console.log(`Works: all, ${works.map((work) => work.name).join(", ")}`);
for (const work of chosen) {
  console.log(`${work.name}: ${described(work)}`);
  const speeds: number[] = [];
  for (let round = 0; round < Number(rounds); round++) speeds.push(await measure(work));
  console.log(`  median ${median(speeds).toFixed(0)} placements a second of ${speeds.length} rounds`);
}

/** Placements a second in one round. */
async function measure(work: Work): Promise<number> {
  const server = await OneServer.start({ unbuilt: modes.includes("profile") });
  const nodes = fork(clients, { stdio: "inherit" });
  try {
    await tell(nodes, { kind: "begin", address: server.rpcAddress, nodes: work.nodes, behaviour });
    const { httpPort } = server;
    const warmUp: Work = { ...work, jobs: 4, count: 500 };
    await tell(nodes, { kind: "place", work: warmUp, prefix: "before", httpPort, patience: 60 });
    const before = { cpu: server.cpuMs, memory: await server.memory() };
    const patience = modes.includes("profile") ? 40 : 300;
    const place = () => tell(nodes, { kind: "place", work, prefix: "job", httpPort, patience });
    const done = modes.includes("profile") ? await profiled(server, work, place) : await place();
    const cpu = server.cpuMs;
    const memory = await server.memory();
    const used = (kind: "main" | "all") => ((cpu[kind] - before.cpu[kind]) / 1000).toFixed(2);
    console.log(
      `  ${(done.seen / done.seconds).toFixed(0)}/s: ${done.seen} of ${done.wanted} seen after ${done.seconds.toFixed(2)} s ` +
        `(registered after ${done.registeredAfter.toFixed(2)} s) by ${done.answers} answers; processor: server ${used("all")} s, ` +
        `its main thread ${used("main")} s, nodes ${(done.ownCpuMs / 1000).toFixed(2)} s; heap ${memory.heap.toFixed(0)} MB, ` +
        `${Math.round(((memory.heap - before.memory.heap) * 2 ** 20) / done.seen)} bytes each, resident at most ${memory.peakResident} MB`,
    );
    if (done.errors > 0) console.log(`  ${done.errors} questions failed, the first: ${done.firstError}`);
    return done.seen / done.seconds;
  } finally {
    nodes.disconnect();
    await server.dispose();
  }
}

async function profiled(server: OneServer, work: Work, place: () => Promise<WorkDone>): Promise<WorkDone> {
  const { result, profile } = await server.inspector.profiled(place);
  const file = fileURLToPath(new URL(`../.bench/${work.name}.cpuprofile`, import.meta.url));
  writeFileSync(file, JSON.stringify(profile));
  console.log(`${summary(profile)}\nprofile: ${file}`);
  return result;
}

async function tell(nodes: ChildProcess, message: ToClients): Promise<WorkDone> {
  nodes.send(message);
  const [answer] = (await once(nodes, "message")) as [FromClients];
  return answer as WorkDone;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
