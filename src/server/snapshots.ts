import { createHash } from "node:crypto";
import { RpcError } from "../api/index.ts";
import { type Instant, milliseconds } from "../base/index.ts";
import type { Member } from "../raft/index.ts";
import type { SavedSnapshot, SnapshotOptions, Snapshots } from "../rpc/index.ts";
import type { Clock } from "../runtime/index.ts";
import { restoreSnapshot, State, type StateView, UnreadableSnapshot, writeSnapshot } from "../state/index.ts";
import { writeArchive } from "../wire/index.ts";
import { refusalFor } from "./refusal.ts";
import type { ReplicatedState } from "./replicated-state.ts";
import { packedParts } from "./state-parts.ts";

/** A state of which more is not taken: it would not fit into memory beside the present one. */
const longestState = 1024 * 1024 * 1024;
/** Each holds a view, and keeps the server at work. */
const mostAtOnce = 4;

/** What snapshots need of their server. */
export interface SnapshotContext {
  readonly clock: Clock;
  readonly state: ReplicatedState;
  readonly raft: {
    readonly members: readonly Member[];
    readonly term: number;
    restore(parts: AsyncIterable<Uint8Array>): Promise<unknown>;
  };
  /** Those who answer instead; undefined when this server is to. */
  elsewhere(
    options: SnapshotOptions & { readonly writes: boolean },
    signal: AbortSignal,
  ): Promise<Snapshots | undefined>;
  freshness(): { readonly knownLeader: boolean; readonly lastContact: number };
}

/** Snapshots of this server's state, or by those who are to answer in its place. */
export class ServerSnapshots implements Snapshots {
  readonly #context: SnapshotContext;
  #underWay = 0;

  constructor(context: SnapshotContext) {
    this.#context = context;
  }

  async save(options: SnapshotOptions, signal: AbortSignal): Promise<SavedSnapshot> {
    const others = await this.#context.elsewhere({ ...options, writes: false }, signal);
    if (others !== undefined) return others.save(options, signal);
    const leave = this.#enter();
    // An archive that nobody begins to read does not end either.
    signal.addEventListener("abort", leave, { once: true });
    try {
      const { archive, ...about } = await this.#ownSnapshot(signal);
      return { ...about, archive: leaving(archive, leave) };
    } catch (error) {
      leave();
      throw error;
    }
  }

  async restore(state: AsyncIterable<Uint8Array>, options: SnapshotOptions, signal: AbortSignal): Promise<number> {
    const others = await this.#context.elsewhere({ ...options, writes: true }, signal);
    if (others !== undefined) return others.restore(state, options, signal);
    const leave = this.#enter();
    try {
      return await this.#restoreHere(state, signal);
    } catch (error) {
      if (error instanceof UnreadableSnapshot) throw new RpcError(error.message, { code: 400, cause: error });
      throw refusalFor(error);
    } finally {
      leave();
    }
  }

  /**
   * The archive is written three times, and kept nowhere: its head says how long the state is, and its reader wants to
   * know the digest beforehand.
   */
  async #ownSnapshot(signal: AbortSignal): Promise<SavedSnapshot> {
    const { clock, state, raft, freshness } = this.#context;
    const view = state.view();
    const pieces = () => this.#unhurried(writeSnapshot(view), signal);
    let sizeBytes = 0;
    for await (const piece of pieces()) sizeBytes += piece.length;
    const about = { index: view.index, term: raft.term, at: atMilliseconds(clock.wallTime()), servers: raft.members };
    const hash = createHash("sha256");
    for await (const piece of writeArchive(about, sizeBytes, pieces())) hash.update(piece);
    const archive = writeArchive(about, sizeBytes, pieces());
    return { digest: hash.digest("base64"), index: view.index, ...freshness(), archive };
  }

  async #restoreHere(bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<number> {
    const { state, raft } = this.#context;
    const view = await readState(this.#unhurried(bytes, signal));
    // The state is written anew: what is in the log is of this version, whatever was read.
    await raft.restore(this.#unhurried(packedParts(writeSnapshot(view)), signal));
    return state.view().index;
  }

  /** The same pieces; other work has its turn after each. Throws the signal's reason. */
  async *#unhurried(pieces: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array, void> {
    for await (const piece of pieces) {
      yield piece;
      await this.#context.clock.sleep(milliseconds(0), signal);
      signal.throwIfAborted();
    }
  }

  #enter(): () => void {
    if (this.#underWay >= mostAtOnce) {
      throw new RpcError(`${mostAtOnce} snapshots are already being saved or restored: try again later`, { code: 429 });
    }
    this.#underWay++;
    let isIn = true;
    return () => {
      if (isIn) this.#underWay--;
      isIn = false;
    };
  }
}

/** A view of the state that the bytes say. */
async function readState(bytes: AsyncIterable<Uint8Array>): Promise<StateView> {
  const state = new State();
  state.replaceWith(await restoreSnapshot(bounded(bytes)));
  return state.view();
}

async function* bounded(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  let left = longestState;
  for await (const piece of bytes) {
    left -= piece.length;
    if (left < 0) throw new RpcError(`The state has more than ${longestState} bytes`, { code: 413 });
    yield piece;
  }
}

async function* leaving(bytes: AsyncIterable<Uint8Array>, leave: () => void): AsyncGenerator<Uint8Array, void> {
  try {
    yield* bytes;
  } finally {
    leave();
  }
}

function atMilliseconds(now: Instant): number {
  return Math.floor(now / 1e6);
}
