import { unreachable } from "../base/index.ts";
import type { Log, Metrics } from "../runtime/index.ts";
import type { RaftEvent, Role } from "./core/effects.ts";
import type { Member, ServerID } from "./core/membership.ts";

/** The number that Nomad's log gives to an entry that adds a peer; ours all carry the whole set. */
const ADD_PEER = 2;

/** What log and metrics need to speak of this server and its peers as Nomad does: by address. */
export interface Voice {
  readonly log: Log;
  readonly metrics: Metrics;
  readonly address: string;
  addressOf(id: ServerID): string;
}

/**
 * Writes what happened to the log and counts it. The lines are those of Nomad's agent, word for word, since operators
 * and tools know them; that is why the particulars stand in the phrase.
 */
export function announce(event: RaftEvent, { log, metrics, address, addressOf }: Voice): void {
  switch (event.kind) {
    case "heartbeatTimeout":
      metrics.count(["raft", "transition", "heartbeat_timeout"]);
      log.warn(`Heartbeat timeout from "${nameOf(event.lastLeader, addressOf)}" reached, starting election`);
      break;
    case "electionTimeout":
      log.warn("Election timeout reached, restarting election");
      break;
    case "entered":
      announceRole(event.role, { log, metrics, address, addressOf });
      break;
    case "votesNeeded":
      log.debug(`Votes needed: ${event.votes}`);
      break;
    case "voteGranted":
      log.debug(`Vote granted from ${addressOf(event.from)}. Tally: ${event.tally}`);
      break;
    case "electionWon":
      log.info(`Election won. Tally: ${event.tally}`);
      break;
    case "bootstrapped":
      log.info("Disabling EnableSingleNode (bootstrap)");
      break;
    case "membersChanged":
      log.debug(`Node ${address} updated peer set (${ADD_PEER}): [${addresses(event.members)}]`);
      break;
    case "quorumLost":
      metrics.count(["raft", "transition", "leader_lease_timeout"]);
      log.warn("Failed to contact quorum of nodes, stepping down");
      break;
    default:
      unreachable(event);
  }
}

/** The line that says where the server stands, when it begins and whenever that changes. */
export function announceRole(role: Role, { log, metrics, address, addressOf }: Voice): void {
  metrics.count(["raft", "state", role.kind]);
  switch (role.kind) {
    case "follower":
      log.info(`Node at ${address} [Follower] entering Follower state (Leader: "${nameOf(role.leader, addressOf)}")`);
      break;
    case "candidate":
      log.info(`Node at ${address} [Candidate] entering Candidate state`);
      break;
    case "leader":
      log.info(`Node at ${address} [Leader] entering Leader state`);
      break;
    default:
      unreachable(role);
  }
}

function nameOf(id: ServerID | undefined, addressOf: (id: ServerID) => string): string {
  return id === undefined ? "" : addressOf(id);
}

function addresses(members: readonly Member[]): string {
  return members.map((member) => member.address).join(" ");
}
