import { between, type Instant } from "../base/index.ts";
import type { MetricName, Runtime } from "../runtime/index.ts";
import type { LogIndex } from "./core/log-entry.ts";
import type { ServerID } from "./core/membership.ts";
import type { Envelope, RaftMessage } from "./core/messages.ts";

/** What a peer is to have on its disk, and since when it has been on its way. */
interface Awaited {
  readonly index: LogIndex;
  readonly since: Instant;
}

/** What is measured of one peer; of each kind one message is timed at a time. */
interface PeerFigures {
  readonly logs: MetricName;
  readonly append: MetricName;
  readonly heartbeat: MetricName;
  readonly snapshot: MetricName;
  /** As far as its log is known to be ours. */
  matched: LogIndex;
  awaited: { append?: Awaited; heartbeat?: Awaited; snapshot?: Awaited };
}

/**
 * Counts the entries that a leader sends to each peer, and times how long until the peer has them, or a snapshot, on its
 * disk, and how long until it answers a heartbeat. Appends run ahead of their answers: one at a time is timed, the next
 * once that is answered. One life for each role.
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
    if (message.kind === "append") this.#sentAppend(this.#of(to), message);
    else if (message.kind === "installSnapshot") {
      this.#of(to).awaited.snapshot ??= this.#awaiting(message.snapshot.index);
    }
  }

  heard(from: ServerID, message: RaftMessage): void {
    if (message.kind !== "appended") return;
    const peer = this.#peers.get(from);
    if (peer === undefined) return;
    peer.matched = Math.max(peer.matched, message.matched);
    const { clock, metrics } = this.#runtime;
    for (const kind of ["append", "heartbeat", "snapshot"] as const) {
      const awaited = peer.awaited[kind];
      if (awaited === undefined || message.matched < awaited.index) continue;
      metrics.time(peer[kind], between(awaited.since, clock.now()));
      delete peer.awaited[kind];
    }
  }

  #sentAppend(peer: PeerFigures, { previousIndex, entries }: Extract<RaftMessage, { kind: "append" }>): void {
    if (entries.length > 0) {
      this.#runtime.metrics.count(peer.logs, entries.length);
      peer.awaited.append ??= this.#awaiting(previousIndex + entries.length);
      return;
    }
    // Where the answer to an earlier append is still to come, that would be taken for the heartbeat's.
    if (peer.matched >= previousIndex) peer.awaited.heartbeat ??= this.#awaiting(previousIndex);
  }

  #awaiting(index: LogIndex): Awaited {
    return { index, since: this.#runtime.clock.now() };
  }

  #of(id: ServerID): PeerFigures {
    const known = this.#peers.get(id);
    if (known !== undefined) return known;
    const address = this.#addressOf(id);
    const name = (...parts: readonly string[]): MetricName => ["raft", "replication", ...parts, address];
    const figures: PeerFigures = {
      logs: name("appendEntries", "logs"),
      append: name("appendEntries", "rpc"),
      heartbeat: name("heartbeat"),
      snapshot: name("installSnapshot"),
      matched: 0,
      awaited: {},
    };
    this.#peers.set(id, figures);
    return figures;
  }
}
