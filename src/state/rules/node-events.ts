import { dictionary, formatRfc3339, instantOf } from "../../base/index.ts";
import type { Node, NodeEvent } from "../../model/index.ts";

/** How many events of a node are kept. */
const mostEvents = 10;

/** `Timestamp` is the time of the log entry; `at` in nanoseconds since the epoch. */
export function nodeEvent(event: Pick<NodeEvent, "Message" | "Subsystem" | "CreateIndex">, at: number): NodeEvent {
  return {
    Message: event.Message,
    Subsystem: event.Subsystem,
    Details: dictionary(),
    Timestamp: formatRfc3339(instantOf(at)),
    CreateIndex: event.CreateIndex,
  };
}

/** The node's events and one more; the oldest go when there are too many. */
export function withEvent(node: Node, event: NodeEvent): readonly NodeEvent[] {
  return [...node.Events, event].slice(-mostEvents);
}
