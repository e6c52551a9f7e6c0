import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Cluster } from "./cluster.ts";
import type { WorkDone } from "./messages.ts";
import { type Latencies, Probes } from "./probes.ts";
import { summary } from "./profile.ts";
import type { Work } from "./works.ts";

const profilePatience = 40;
const usualPatience = 600;
/** Works of so many allocations take long enough for the server to be asked meanwhile. */
const largeWork = 1_000_000;

/** Places a work at a new server and says all that was seen of it; the placements a second. */
export async function measure(work: Work, modes: readonly string[]): Promise<number> {
  const isProfiled = modes.includes("profile");
  const asked = modes.map(Number).find((mode) => mode > 0);
  const patience = asked ?? (isProfiled ? profilePatience : usualPatience);
  const behaviour = { pulls: modes.includes("pull"), reports: !modes.includes("list") };
  const cluster = await Cluster.start(work.nodes, behaviour, { unbuilt: isProfiled });
  const { server } = cluster;
  try {
    await cluster.place({ ...work, jobs: 4, count: 500 }, "before", 60);
    const before = { cpu: server.cpuMs, memory: await server.memory(), term: await server.term() };
    const probes = work.jobs * work.count >= largeWork ? new Probes(server, "/v1/job/before-0") : undefined;
    const place = () => cluster.place(work, "job", patience);
    const done = isProfiled ? await profiled(cluster, work, place) : await place();
    const cpu = server.cpuMs;
    const answered = await probes?.stop();
    const memory = await server.memory();
    const used = (kind: "main" | "all") => ((cpu[kind] - before.cpu[kind]) / 1000).toFixed(2);
    const perRow = ((memory.heap - before.memory.heap) * 2 ** 20) / done.seen;
    console.log(
      `  ${(done.seen / done.seconds).toFixed(0)}/s: ${done.seen} of ${done.wanted} seen after ${done.seconds.toFixed(2)} s ` +
        `(registered after ${done.registeredAfter.toFixed(2)} s) by ${done.answers} answers; processor: server ${used("all")} s, ` +
        `its main thread ${used("main")} s, nodes ${(done.ownCpuMs / 1000).toFixed(2)} s; heap ${memory.heap.toFixed(0)} MB, ` +
        `${perRow.toFixed(0)} bytes each, resident ${memory.resident} MB, at most ${memory.peakResident} MB`,
    );
    if (done.errors > 0) console.log(`  ${done.errors} questions failed, the first: ${done.firstError}`);
    if (answered !== undefined) {
      const term = await server.term();
      console.log(
        `  meanwhile: HTTP ${told(answered.http)}; heartbeats ${told(answered.heartbeats)}; ${probes?.failed} failed; ` +
          `${term === before.term ? "one term" : `term ${before.term} became ${term}`}`,
      );
      console.log(`  seen in each ten seconds: ${slices(done.timeline, 10).join(", ")}`);
    }
    return done.seen / done.seconds;
  } finally {
    await cluster.dispose();
  }
}

async function profiled({ server }: Cluster, work: Work, place: () => Promise<WorkDone>): Promise<WorkDone> {
  const { result, profile } = await server.inspector.profiled(place);
  const file = fileURLToPath(new URL(`../../.bench/${work.name}.cpuprofile`, import.meta.url));
  writeFileSync(file, JSON.stringify(profile));
  console.log(`${summary(profile)}\nprofile: ${file}`);
  return result;
}

function told({ asked, p50, p99, max }: Latencies): string {
  return `p50 ${p50.toFixed(1)}, p99 ${p99.toFixed(1)}, at most ${max.toFixed(0)} ms of ${asked}`;
}

/** What came in each so many seconds, of what had come after each second. */
function slices(timeline: readonly number[], seconds: number): readonly number[] {
  const ends = timeline.filter((_, at) => (at + 1) % seconds === 0);
  return ends.map((end, at) => end - (ends[at - 1] ?? 0));
}
