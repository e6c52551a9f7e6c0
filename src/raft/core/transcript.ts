import { unreachable } from "../../base/index.ts";
import type { RaftEvent } from "./effects.ts";
import type { LogEntry } from "./log-entry.ts";
import type { RaftMessage } from "./messages.ts";

/** For tests: a message in a few words, places in the log as `index/term`. */
export function tellMessage(message: RaftMessage): string {
  switch (message.kind) {
    case "voteRequest":
      return `${message.ballot} vote in ${message.term}? log ends ${message.lastIndex}/${message.lastTerm}`;
    case "voteReply":
      return `${message.ballot} vote in ${message.term}: ${message.granted ? "yes" : "no"}`;
    case "append":
      return `append in ${message.term}: after ${message.previousIndex}/${message.previousTerm} [${message.entries
        .map(tellEntry)
        .join(", ")}] commit ${message.commit}`;
    case "appended":
      return `appended in ${message.term}: ${message.matched}`;
    case "appendRefused":
      return `refused in ${message.term}: not after ${message.previousIndex}, perhaps ${message.hintIndex}/${message.hintTerm}`;
    case "campaignNow":
      return `campaign now in ${message.term}`;
    case "installSnapshot":
      return `snapshot ${message.snapshot.index}/${message.snapshot.term} in ${message.term}: from ${message.chunk.offset}`;
    case "snapshotStored":
      return `stored in ${message.term}: ${message.received} of snapshot ${message.index}`;
    case "confirm":
      return `still followed in ${message.term}? round ${message.round}`;
    case "confirmed":
      return `confirmed in ${message.term}: round ${message.round}`;
    default:
      return unreachable(message);
  }
}

/** For tests: an event in a few words. */
export function tellEvent(event: RaftEvent): string {
  switch (event.kind) {
    case "heartbeatTimeout":
      return `no heartbeat from ${event.lastLeader ?? "anyone"}`;
    case "electionTimeout":
      return "no decision";
    case "entered":
      return event.role.kind;
    case "votesNeeded":
      return `${event.votes} votes needed`;
    case "voteGranted":
      return `vote ${event.tally} from ${event.from}`;
    case "electionWon":
      return `won with ${event.tally}`;
    case "bootstrapped":
      return "bootstrapped";
    case "membersChanged":
      return `members ${event.members.map((member) => member.id).join(" ")}`;
    case "quorumLost":
      return "quorum lost";
    default:
      return unreachable(event);
  }
}

function tellEntry(entry: LogEntry): string {
  return `${entry.index}/${entry.term} ${entry.kind === "command" ? Buffer.from(entry.data) : entry.kind}`;
}
