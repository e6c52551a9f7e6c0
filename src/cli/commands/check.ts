import { InvalidDuration, integerFlag, parseGoDuration } from "../../base/index.ts";
import { clientCommand, described } from "../command.ts";
import { isRefusal } from "../command-failed.ts";

const healthy = 0;
const doubtful = 1;
const critical = 2;

/** `nomad check`: for supervisors of the agent; its exit code tells how the agent is. */
export const command = clientCommand({
  usage: "[options]",
  about: `Checks how the local agent is. The exit code tells:
  * 0: healthy
  * 1: the agent is neither server nor client, or the flags are wrong
  * 2: not healthy, or not reachable`,
  optionsTitle: "Check Options",
  flags: {
    "min-peers": described(integerFlag(0), "How many Raft peers a server must know at least.", "<count>"),
    "min-servers": described(integerFlag(1), "How many servers a client must know at least.", "<count>"),
  },
  run: async ({ nomad, flags, say }) => {
    let stats: Readonly<Record<string, Readonly<Record<string, string>>>>;
    try {
      stats = (await nomad.agent.self()).value.stats;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      say(`unable to query agent info: failed querying self endpoint: ${error.message}`);
      return critical;
    }
    const { nomad: server, client } = stats;
    if (server?.server === undefined && client === undefined) return doubtful;
    const problem =
      (server === undefined ? undefined : serverProblem(stats, flags["min-peers"])) ??
      (client === undefined ? undefined : clientProblem(client, flags["min-servers"]));
    if (problem === undefined) return healthy;
    say(problem);
    return critical;
  },
});

function serverProblem(
  stats: Readonly<Record<string, Readonly<Record<string, string>>>>,
  least: number,
): string | undefined {
  const known = Number(stats.raft?.num_peers ?? 0);
  return known < least ? `known peers: ${known}, is less than expected number of peers: ${least}` : undefined;
}

function clientProblem(client: Readonly<Record<string, string>>, least: number): string | undefined {
  const { last_heartbeat: last = "", heartbeat_ttl: ttl = "", known_servers = "0" } = client;
  if (isLonger(last, ttl)) return `last heartbeat was "${last}" time ago, expected heartbeat ttl: "${ttl}"`;
  const known = Number(known_servers);
  return known < least ? `known servers: ${known}, is less than expected number of servers: ${least}` : undefined;
}

/** A time that is no duration, such as that of an agent that has had no heartbeat yet, is longer than none. */
function isLonger(last: string, ttl: string): boolean {
  try {
    return parseGoDuration(last) > parseGoDuration(ttl);
  } catch (error) {
    if (error instanceof InvalidDuration) return false;
    throw error;
  }
}
