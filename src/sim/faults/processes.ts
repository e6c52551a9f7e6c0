import { milliseconds, type SeededRandom, times } from "../../base/index.ts";
import type { SimAgent } from "../sim-agent.ts";
import type { SimCluster } from "../sim-cluster.ts";
import { type Fault, oneOf } from "./fault.ts";

const day = milliseconds(86_400_000);

/** Processes that die, hang, and come back with another idea of the time. */
export const processFaults: readonly Fault[] = [
  {
    kind: "crash a server",
    strike: ({ servers }, random) => crash(oneOf(up(servers), random), random),
  },
  {
    kind: "crash a client",
    strike: ({ clients }, random) => crash(oneOf(up(clients), random), random),
  },
  {
    kind: "restart what is down",
    strike: (cluster) => restartAll(cluster),
  },
  {
    kind: "pause a server",
    strike: ({ servers }, random) => pause(oneOf(up(servers), random)),
  },
  {
    kind: "pause a client",
    strike: ({ clients }, random) => pause(oneOf(up(clients), random)),
  },
  {
    kind: "resume",
    strike: ({ agents }) => resumeAll(agents),
  },
];

/** Starts whatever does not run. What was on its way up begins anew. */
export function restartAll({ agents, world }: SimCluster): string | undefined {
  const down = agents.filter(({ running }) => running === undefined);
  for (const agent of down) {
    agent.crash();
    world.restart(agent);
  }
  return names(down);
}

export function resumeAll(agents: readonly SimAgent[]): string | undefined {
  const paused = agents.filter(({ machine }) => machine.isPaused);
  for (const { machine } of paused) machine.resume();
  return names(paused);
}

function up(agents: readonly SimAgent[]): readonly SimAgent[] {
  return agents.filter(({ running, machine }) => running !== undefined && !machine.isPaused);
}

/** Its clock is set while it is down: most are off by seconds, some by a day. */
function crash(agent: SimAgent | undefined, random: SeededRandom): string | undefined {
  if (agent === undefined) return undefined;
  agent.crash();
  agent.machine.clockSkew = times(day, (random.fraction() - 0.5) * (random.below(10) === 0 ? 2 : 0.001));
  return agent.name;
}

function pause(agent: SimAgent | undefined): string | undefined {
  agent?.machine.pause();
  return agent?.name;
}

function names(agents: readonly SimAgent[]): string | undefined {
  return agents.length === 0 ? undefined : agents.map(({ name }) => name).join(" ");
}
