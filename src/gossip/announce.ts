import { unreachable } from "../base/index.ts";
import type { Log, Metrics } from "../runtime/index.ts";
import { formatEndpoint } from "./endpoint.ts";
import type { GossipEvent, MemberChange, Notice } from "./events.ts";
import type { SerfMember } from "./serf/roster.ts";

export interface Voice {
  readonly serf: Log;
  readonly memberlist: Log;
  readonly metrics: Metrics;
}

const CHANGES: Readonly<Record<MemberChange, string>> = {
  join: "EventMemberJoin",
  leave: "EventMemberLeave",
  failed: "EventMemberFailed",
  update: "EventMemberUpdate",
  reap: "EventMemberReap",
};

/**
 * Writes what happened to the log and counts it. The lines are those of Nomad's agent, word for word, since operators
 * and tools know them; that is why the particulars stand in the phrase.
 */
export function announceEvent(event: GossipEvent, { serf, metrics }: Voice): void {
  switch (event.kind) {
    case "join":
    case "leave":
    case "failed":
      serf.info(`${CHANGES[event.kind]}${event.forced ? " (forced)" : ""}: ${nameAndAddress(event.member)}`);
      // By what the member is from now on, as Serf counts it.
      metrics.count(["serf", "member", event.kind === "leave" ? "left" : event.kind]);
      return;
    case "update":
    case "reap":
      serf.info(`${CHANGES[event.kind]}: ${event.member.name}`);
      metrics.count(["serf", "member", event.kind]);
      return;
    case "user":
      metrics.count(["serf", "events"]);
      return;
    case "query":
      metrics.count(["serf", "queries"]);
      return;
    case "acknowledged":
      metrics.count(["serf", "query_acks"]);
      return;
    case "answered":
      metrics.count(["serf", "query_responses"]);
      return;
    default:
      return;
  }
}

/** Complaints about what peers send are the host's, who limits them. */
export function announceNotice(notice: Exclude<Notice, { kind: "unreadable" }>, { serf, memberlist }: Voice): void {
  switch (notice.kind) {
    case "probeFailed":
      memberlist.info(`Suspect ${notice.node} has failed, no acks received`);
      return;
    case "onlyStreamAnswers":
      memberlist.warn(`Was able to connect to ${notice.node} but other probes failed, network may be misconfigured`);
      return;
    case "markedDead":
      memberlist.info(
        `Marking ${notice.node} as failed, suspect timeout reached (${notice.confirmations} peer confirmations)`,
      );
      return;
    case "refuted":
      if (notice.what !== "alive") memberlist.warn(`Refuting a ${notice.what} message (from: ${notice.from})`);
      else memberlist.debug("Refuting an alive message about an earlier life of this member");
      return;
    case "misdirectedPing":
      memberlist.warn(`Got ping for unexpected node '${notice.node}' from=${formatEndpoint(notice.from)}`);
      return;
    case "conflict":
      conflict(notice, { serf, memberlist });
      return;
    case "moved":
      memberlist.info(
        `Updating address for left or failed node ${notice.node} from ${formatEndpoint(notice.from)} to ${formatEndpoint(notice.to)}`,
      );
      return;
    case "ignored":
      memberlist.warn(`ignoring alive message for '${notice.node}': ${notice.reason}`);
      return;
    case "tooManyMembers":
      memberlist.warn(`ignoring '${notice.node}': there are too many members`);
      return;
    case "reconnecting":
      serf.info(`attempting reconnect to ${notice.node} ${formatEndpoint(notice.to)}`);
      return;
    case "intentRefuted":
      serf.debug("Refuting an older leave intent");
      return;
    case "overslept":
      memberlist.warn(`this process was stopped for ${notice.seconds} s and has heard nobody meanwhile`);
      return;
    default:
      unreachable(notice);
      return;
  }
}

function conflict(
  { node, isSelf, ours, theirs, state }: Extract<Notice, { kind: "conflict" }>,
  { serf, memberlist }: Pick<Voice, "serf" | "memberlist">,
): void {
  const [mine, other] = [formatEndpoint(ours), formatEndpoint(theirs)];
  memberlist.error(`Conflicting address for ${node}. Mine: ${mine} Theirs: ${other} Old state: ${state}`);
  if (isSelf) {
    serf.error(`Node name conflicts with another node at ${other}. Names must be unique! (Resolution enabled: false)`);
  } else serf.warn(`Name conflict for '${node}' both ${mine} and ${other} are claiming`);
}

function nameAndAddress({ name, ip }: SerfMember): string {
  return `${name} ${ip}`;
}
