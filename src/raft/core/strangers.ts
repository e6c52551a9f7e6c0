import { unreachable } from "../../base/index.ts";
import { isUpToDate } from "./election.ts";
import type { LogTail } from "./log-tail.ts";
import type { RaftMessage } from "./messages.ts";

/**
 * No cluster has had so many elections: ten a second for thirteen years. A term further ahead is a mistake or a lie,
 * and whoever took it over would take it to all others, who would run out of terms.
 */
export const FURTHEST_TERM_AHEAD = 2 ** 32;

/**
 * Whether the word of a server that our configuration does not have counts while nobody leads. It must in two cases,
 * for our configuration may be older than the cluster's, or none yet: of a leader that sends us the log, and of a
 * candidate that we would vote for, since ours may be the vote that it lacks. So a stranger's term is adopted only
 * with its log or with our vote; a trial changes nothing, and may teach the candidate. Answers are to questions that we put to members, and nobody else may give them.
 * Source: Ongaro's thesis, §4.1; etcd drops answers of unknown servers too.
 */
export function countsOfStranger(message: RaftMessage, log: LogTail): boolean {
  switch (message.kind) {
    case "append":
    case "installSnapshot":
      return true;
    case "voteRequest":
      return message.ballot === "trial" || isUpToDate(message, log);
    case "voteReply":
    case "appended":
    case "appendRefused":
    case "snapshotStored":
    case "confirm":
    case "confirmed":
    case "campaignNow":
      return false;
    default:
      return unreachable(message);
  }
}
