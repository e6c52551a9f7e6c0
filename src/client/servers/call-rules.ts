import {
  collectGarbage,
  deregisterNode,
  type QueryOptions,
  type RpcMethod,
  reconcileSummaries,
  registerNode,
  updateAllocations,
  updateNodeDrain,
  updateNodeStatus,
} from "../../api/index.ts";
import { type Duration, nanoseconds, seconds, shorter, times } from "../../base/index.ts";

/** What a server takes to answer, a large job's plan included, when it waits for nothing. */
const longestAnswer: Duration = seconds(60);
/**
 * A heartbeat that is not answered soon must reach another server before the node counts as lost, ten seconds after
 * the time that was granted.
 */
const heartbeatAnswer: Duration = seconds(4);
/** A server that was asked to wait answers so much later at the latest. */
const blockingGrace: Duration = seconds(10);
/** Servers wait no longer, and so long when they are not told; a sixteenth may come on top. */
const longestWait: Duration = seconds(300);

/** Writes that leave the same behind when they are carried out twice. */
const repeatableWrites: ReadonlySet<string> = new Set(
  [
    registerNode,
    deregisterNode,
    updateNodeStatus,
    updateNodeDrain,
    updateAllocations,
    collectGarbage,
    reconcileSummaries,
  ].map(({ name }) => name),
);

/** True when it does no harm to ask twice. */
export function isRepeatable({ access, name }: RpcMethod): boolean {
  return access === "read" || repeatableWrites.has(name);
}

/** True when the answer may wait for a change. */
export function isBlocking({ access }: RpcMethod, { minQueryIndex }: QueryOptions): boolean {
  return access === "read" && minQueryIndex > 0;
}

/** How long a blocking question may wait at the server. */
export function waitAsked({ maxQueryTime }: QueryOptions): Duration {
  return maxQueryTime <= 0 ? longestWait : shorter(nanoseconds(maxQueryTime), longestWait);
}

/** How long one server may take to answer before it counts as failed. */
export function answerTime(method: RpcMethod, options: QueryOptions): Duration {
  if (isBlocking(method, options)) return nanoseconds(times(waitAsked(options), 17 / 16) + blockingGrace);
  return method.name === updateNodeStatus.name ? heartbeatAnswer : longestAnswer;
}
