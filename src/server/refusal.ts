import { noClusterLeader, RpcError } from "../api/index.ts";
import {
  CommandTooLarge,
  LeadershipLost,
  LogStoreFull,
  MembersNotChanged,
  NotLeader,
  RaftOverloaded,
  RaftStopped,
} from "../raft/index.ts";
import { BrokerRefused } from "./leadership/evaluation-broker.ts";
import { CommandRefused } from "./replicated-state.ts";

/** What an asker is told of an error: a refusal, in the words peers know. What is no refusal is a fault of ours. */
export function refusalFor(error: unknown): unknown {
  if (error instanceof RpcError) return error;
  if (error instanceof NotLeader) return new RpcError(noClusterLeader, { cause: error });
  const isRefusal =
    error instanceof BrokerRefused ||
    error instanceof CommandRefused ||
    error instanceof CommandTooLarge ||
    error instanceof LeadershipLost ||
    error instanceof LogStoreFull ||
    error instanceof MembersNotChanged ||
    error instanceof RaftOverloaded ||
    error instanceof RaftStopped;
  return isRefusal ? new RpcError(error.message, { cause: error }) : error;
}
