/**
 * How many allocations a real server with a durable log places in a second: simulated nodes in a second process register,
 * say that they live, wait for their allocations and report them as running, in Nomad's RPC; jobs are registered over
 * HTTP. The time is from the first registration until every node has been told of all its allocations. Each round begins
 * with a new server, which places four other jobs first.
 *
 *     npm run bench -- placements [work, or all] [rounds] [seconds at most] [list] [pull] [profile]
 *     npm run bench -- placements c1m 1      a million, and how the server answers meanwhile
 *     npm run bench -- placements idle [seconds] [nodes]
 *     npm run bench -- placements curve      with more nodes, and with more allocations
 *
 * `list` leaves off the reports, `pull` has nodes fetch each allocation too. `profile` says where the server's time goes, of
 * the first 40 seconds unless said, and leaves the profile in .bench/.
 */
import { curve } from "./placements/curve.ts";
import { idle } from "./placements/idle.ts";
import { measure } from "./placements/measure.ts";
import { described, works } from "./placements/works.ts";

const [name = "all", ...rest] = process.argv.slice(2);
if (name === "idle") await idle(Number(rest[0] ?? 120), Number(rest[1] ?? 5_000));
else if (name === "curve") await curve();
else await measureWorks(Number(rest[0] ?? 3), rest.slice(1));

async function measureWorks(rounds: number, modes: readonly string[]): Promise<void> {
  const chosen = works.filter((work) => (name === "all" ? work.name !== "c1m" : work.name === name));
  if (chosen.length === 0) console.log(`Works: all, ${works.map((work) => work.name).join(", ")}, idle, curve`);
  for (const work of chosen) {
    console.log(`${work.name}: ${described(work)}`);
    const speeds: number[] = [];
    for (let round = 0; round < rounds; round++) speeds.push(await measure(work, modes));
    const median = speeds.sort((a, b) => a - b)[Math.floor(speeds.length / 2)] ?? 0;
    console.log(`  median ${median.toFixed(0)} placements a second of ${speeds.length} rounds`);
  }
}
