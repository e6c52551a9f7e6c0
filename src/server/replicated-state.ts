import type { Clock } from "../runtime/index.ts";
import {
  type Applied,
  type Command,
  encodeCommand,
  type ReadSet,
  restoreSnapshot,
  type State,
  type StateView,
  writeSnapshot,
} from "../state/index.ts";

/** The state as the log has made it on this server, and the way to change it: by a log entry. */
export interface ReplicatedState {
  view(): StateView;
  /**
   * Resolves when this server has applied the command. Rejects with `CommandRefused`, or with what Raft says:
   * `LeadershipLost` and `RaftStopped` (it may yet be committed), or an error after which nothing was logged.
   * Commands that are proposed in one go come into the log in this order.
   */
  propose<Request>(command: Command<Request>, request: Request): Promise<Applied>;
  /** Calls `listener` after every applied entry, before the proposer learns of it; the result stops that. */
  observe(listener: (applied: Applied) => void): () => void;
  /** Calls back once, after the first commit that touches anything `reads` recorded; the result cancels that. */
  watch(reads: ReadSet, changed: () => void): () => void;
}

/** The state was not changed, because the command no longer fits it. */
export class CommandRefused extends Error {
  override readonly name = "CommandRefused";
}

/** Feeds the state from Raft's log and writes to that log. Nothing bypasses it, with one server either. */
export class LoggedState implements ReplicatedState {
  readonly #state: State;
  readonly #clock: Clock;
  readonly #append: (data: Uint8Array) => Promise<{ readonly result: unknown }>;
  readonly #listeners = new Set<(applied: Applied) => void>();

  /** `append` puts bytes into the log and resolves with what `apply` returned for them. */
  constructor(clock: Clock, state: State, append: (data: Uint8Array) => Promise<{ readonly result: unknown }>) {
    this.#clock = clock;
    this.#state = state;
    this.#append = append;
  }

  /** Raft hands over a committed entry; entries come in order, each exactly once. */
  apply(entry: { readonly index: number; readonly data: Uint8Array }): Applied {
    const applied = this.#state.apply(entry);
    for (const listener of this.#listeners) listener(applied);
    return applied;
  }

  /** The whole state as it is now, for Raft to keep in place of the log before it. */
  snapshot(): AsyncIterable<Uint8Array> {
    return writeSnapshot(this.#state.view());
  }

  async restore(bytes: AsyncIterable<Uint8Array>): Promise<void> {
    this.#state.replaceWith(await restoreSnapshot(bytes));
  }

  view(): StateView {
    return this.#state.view();
  }

  async propose<Request>(command: Command<Request>, request: Request): Promise<Applied> {
    const { result } = await this.#append(encodeCommand(command, request, { at: this.#clock.now() }));
    const applied = result as Applied;
    if (!applied.result.ok) throw new CommandRefused(applied.result.reason);
    return applied;
  }

  observe(listener: (applied: Applied) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  watch(reads: ReadSet, changed: () => void): () => void {
    return this.#state.watch(reads, changed);
  }
}
