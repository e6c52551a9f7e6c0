import { between, type Instant } from "../base/index.ts";
import type { MetricName, Runtime } from "../runtime/index.ts";
import type { LogIndex } from "./core/log-entry.ts";
import type { ServerID } from "./core/membership.ts";
import type { Envelope, RaftMessage } from "./core/messages.ts";

/** What is measured of one peer; `awaited` is the latest entry of an append that is timed at present. */
interface PeerFigures {
  readonly logs: MetricName;
  readonly rpc: MetricName;
  awaited: { readonly index: LogIndex; readonly since: Instant } | undefined;
}

/**
 * Counts the entries that a leader sends to each peer, and times how long until the peer has them on its disk. Appends
 * run ahead of their answers: one at a time is timed, the next once that is answered. One life for each role.
 */
export class ReplicationFigures {
  readonly #runtime: Pick<Runtime, "clock" | "metrics">;
  readonly #addressOf: (id: ServerID) => string;
  readonly #peers = new Map<ServerID, PeerFigures>();

  constructor(runtime: Pick<Runtime, "clock" | "metrics">, addressOf: (id: ServerID) => string) {
    this.#runtime = runtime;
    this.#addressOf = addressOf;
  }

  sent({ to, message }: Envelope): void {
    if (message.kind !== "append" || message.entries.length === 0) return;
    const { clock, metrics } = this.#runtime;
    const peer = this.#of(to);
    metrics.count(peer.logs, message.entries.length);
    peer.awaited ??= { index: message.previousIndex + message.entries.length, since: clock.now() };
  }

  heard(from: ServerID, message: RaftMessage): void {
    if (message.kind !== "appended") return;
    const peer = this.#peers.get(from);
    if (peer?.awaited === undefined || message.matched < peer.awaited.index) return;
    const { clock, metrics } = this.#runtime;
    metrics.time(peer.rpc, between(peer.awaited.since, clock.now()));
    peer.awaited = undefined;
  }

  #of(id: ServerID): PeerFigures {
    const known = this.#peers.get(id);
    if (known !== undefined) return known;
    const address = this.#addressOf(id);
    const append = ["raft", "replication", "appendEntries"];
    const figures = { logs: [...append, "logs", address], rpc: [...append, "rpc", address], awaited: undefined };
    this.#peers.set(id, figures);
    return figures;
  }
}
