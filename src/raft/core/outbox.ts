import type { CastBallot, DurableBatch, RaftEffects, RaftEvent, Rejection, Role } from "./effects.ts";
import type { LogEntry, LogIndex } from "./log-entry.ts";
import type { ServerID } from "./membership.ts";
import type { Envelope, RaftMessage } from "./messages.ts";

/** Where one step gathers what it owes. */
export class Outbox {
  readonly send: Envelope[] = [];
  readonly sendOncePersisted: Envelope[] = [];
  readonly accepted: { proposal: number; index: LogIndex }[] = [];
  readonly rejected: Rejection[] = [];
  readonly apply: LogEntry[] = [];
  readonly events: RaftEvent[] = [];
  readonly entries: LogEntry[] = [];
  ballot: CastBallot | undefined;
  truncateFrom: LogIndex | undefined;

  reply(to: ServerID, message: RaftMessage): void {
    this.send.push({ to, message });
  }

  replyOncePersisted(to: ServerID, message: RaftMessage): void {
    this.sendOncePersisted.push({ to, message });
  }

  get hasWrites(): boolean {
    return this.ballot !== undefined || this.truncateFrom !== undefined || this.entries.length > 0;
  }

  batch(number: number): DurableBatch {
    return { number, ballot: this.ballot, truncateFrom: this.truncateFrom, entries: this.entries };
  }

  effects(persist: DurableBatch | undefined, role: Role | undefined): RaftEffects {
    const { send, sendOncePersisted, accepted, rejected, apply, events } = this;
    return { send, persist, sendOncePersisted, accepted, rejected, apply, role, events };
  }
}
