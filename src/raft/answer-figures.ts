import { between, type Instant, unreachable } from "../base/index.ts";
import type { MetricName, Runtime } from "../runtime/index.ts";
import type { ServerID } from "./core/membership.ts";
import type { Envelope, RaftMessage } from "./core/messages.ts";

const rpc = (name: string): MetricName => ["raft", "rpc", name];

const timers = {
  append: rpc("appendEntries"),
  heartbeat: rpc("processHeartbeat"),
  vote: rpc("requestVote"),
  snapshot: rpc("installSnapshot"),
};

type Asked = keyof typeof timers;

/** A question of a peer's that is timed until it is answered; an append has to be stored through `index`. */
interface Question {
  readonly since: Instant;
  readonly index: number;
}

/**
 * Times how long this server takes to answer its peers. They ask on before they have an answer: of each kind of question
 * one a peer is timed at a time, the next once that is answered.
 */
export class AnswerFigures {
  readonly #runtime: Pick<Runtime, "clock" | "metrics">;
  readonly #open = new Map<ServerID, Partial<Record<Asked, Question>>>();

  constructor(runtime: Pick<Runtime, "clock" | "metrics">) {
    this.#runtime = runtime;
  }

  heard(from: ServerID, message: RaftMessage): void {
    const asked = askedBy(message);
    if (asked === undefined) return;
    const open = this.#open.get(from) ?? {};
    this.#open.set(from, open);
    const index = message.kind === "append" ? message.previousIndex + message.entries.length : 0;
    open[asked] ??= { since: this.#runtime.clock.now(), index };
  }

  sent({ to, message }: Envelope): void {
    const open = this.#open.get(to);
    if (open === undefined) return;
    for (const asked of answeredBy(message)) {
      const question = open[asked];
      if (question === undefined || (message.kind === "appended" && message.matched < question.index)) continue;
      const { clock, metrics } = this.#runtime;
      metrics.time(timers[asked], between(question.since, clock.now()));
      open[asked] = undefined;
    }
  }
}

function askedBy(message: RaftMessage): Asked | undefined {
  switch (message.kind) {
    case "append":
      return message.entries.length === 0 ? "heartbeat" : "append";
    case "voteRequest":
      return "vote";
    case "installSnapshot":
      return "snapshot";
    default:
      return undefined;
  }
}

/** What a message may be the answer to. */
function answeredBy({ kind }: RaftMessage): readonly Asked[] {
  switch (kind) {
    case "appended":
    case "appendRefused":
      return ["append", "heartbeat", "snapshot"];
    case "snapshotStored":
      return ["snapshot"];
    case "voteReply":
      return ["vote"];
    case "voteRequest":
    case "append":
    case "campaignNow":
    case "installSnapshot":
    case "confirm":
    case "confirmed":
      return [];
    default:
      return unreachable(kind);
  }
}
