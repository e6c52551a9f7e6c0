import { between, type Duration, milliseconds } from "../base/index.ts";
import { type Clock, type Metrics, unmeasured } from "../runtime/index.ts";
import {
  type Applied,
  type Command,
  type DecodedCommand,
  decodeCommand,
  type ReadSet,
  restoreSnapshot,
  type State,
  type StateView,
  writeCommand,
  writeSnapshot,
  writtenAt,
} from "../state/index.ts";
import { fsmTimer } from "./fsm-timers.ts";
import { unpackedParts } from "./state-parts.ts";

const persisted = ["nomad", "fsm", "persist"];

/** How a command is put into the log. */
export interface Proposing {
  /** So long it may wait for others to share a write with it. */
  readonly patience?: Duration;
}

/** Puts bytes into the log and resolves with what applying them returned. */
export type Append = (data: Uint8Array, patience: Duration | undefined) => Promise<{ readonly result: unknown }>;

/** The state as the log has made it on this server, and the way to change it: by a log entry. */
export interface ReplicatedState {
  view(): StateView;
  /**
   * Resolves when this server has applied the command. Rejects with `CommandRefused`, or with what Raft says:
   * `LeadershipLost` and `RaftStopped` (it may yet be committed), or an error after which nothing was logged.
   * Commands that are proposed in one go come into the log in this order.
   */
  propose<Request>(command: Command<Request>, request: Request, options?: Proposing): Promise<Applied>;
  /** Calls `listener` after every applied entry, before the proposer learns of it; the result stops that. */
  observe(listener: (applied: Applied) => void): () => void;
  /** Calls back once, after the first commit that touches anything `reads` recorded; the result cancels that. */
  watch(reads: ReadSet, changed: () => void): () => void;
  /** How often another state was put in place of this one: what was read before says nothing about what is read now. */
  readonly replacements: number;
}

/** The state was not changed, because the command no longer fits it. */
export class CommandRefused extends Error {
  override readonly name = "CommandRefused";
}

/** Feeds the state from Raft's log and writes to that log. Nothing bypasses it, with one server either. */
export class LoggedState implements ReplicatedState {
  readonly #state: State;
  readonly #clock: Clock;
  readonly #append: Append;
  readonly #metrics: Metrics;
  readonly #listeners = new Set<(applied: Applied) => void>();
  /** What was proposed here and is not applied yet: what its bytes say. */
  readonly #proposed = new Map<Uint8Array, DecodedCommand>();
  /** By how much the state's indexes are ahead of the log's: a restored state's may be far above them, and never fall. */
  #ahead = 0;
  #replacements = 0;

  /** `append` puts bytes into the log and resolves with what `apply` returned for them. */
  constructor(clock: Clock, state: State, append: Append, metrics: Metrics = unmeasured) {
    this.#clock = clock;
    this.#metrics = metrics;
    this.#state = state;
    this.#append = append;
  }

  /** Raft hands over a committed entry; entries come in order, each exactly once. */
  apply(entry: { readonly index: number; readonly data: Uint8Array }): Applied {
    const { data } = entry;
    const index = entry.index + this.#ahead;
    if (data.length === 0) return this.#tell(this.#state.apply({ index, data }));
    const began = this.#clock.now();
    const decoded = this.#proposed.get(data) ?? decodeCommand(data);
    const applied = this.#state.apply({ index, data, decoded });
    this.#metrics.time(fsmTimer(decoded.command.name), between(began, this.#clock.now()));
    return this.#tell(applied);
  }

  /** The whole state as it is now, for Raft to keep in place of the log before it. */
  snapshot(): AsyncIterable<Uint8Array> {
    return this.#timed(writeSnapshot(this.#state.view(), this.#ahead));
  }

  async restore(bytes: AsyncIterable<Uint8Array>): Promise<void> {
    const contents = await restoreSnapshot(bytes);
    this.#ahead = contents.ahead;
    this.#replacements++;
    this.#state.replaceWith(contents);
  }

  /**
   * A state of another time, perhaps of another cluster, becomes this one, by what the log says at `index`. Its index is
   * above all that anybody has seen, in this state or in that one.
   */
  async replace(parts: AsyncIterable<Uint8Array>, index: number): Promise<void> {
    const contents = await restoreSnapshot(unpackedParts(parts, this.#clock));
    const at = Math.max(index + this.#ahead, contents.index + 1);
    const written = await this.#unhurried(writtenAt(contents, at));
    this.#ahead = at - index;
    this.#replacements++;
    this.#state.replaceWith(written);
    this.#tell({ index: at, result: { ok: true }, changes: [] });
  }

  get replacements(): number {
    return this.#replacements;
  }

  view(): StateView {
    return this.#state.view();
  }

  async propose<Request>(command: Command<Request>, request: Request, { patience }: Proposing = {}): Promise<Applied> {
    const { data, decoded } = writeCommand(command, request, { at: this.#clock.wallTime() });
    if (decoded !== undefined) this.#proposed.set(data, decoded);
    const { result } = await this.#append(data, patience).finally(() => this.#proposed.delete(data));
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

  async *#timed(pieces: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    const began = this.#clock.now();
    yield* pieces;
    this.#metrics.time(persisted, between(began, this.#clock.now()));
  }

  async #unhurried<Result>(work: Generator<void, Result>): Promise<Result> {
    const { signal } = new AbortController();
    let step = work.next();
    for (; !step.done; step = work.next()) await this.#clock.sleep(milliseconds(0), signal);
    return step.value;
  }

  #tell(applied: Applied): Applied {
    for (const listener of this.#listeners) listener(applied);
    return applied;
  }
}
