import type { LogIndex } from "./log-entry.ts";
import type { ServerID } from "./membership.ts";
import { reachedByMajority } from "./quorum.ts";

/**
 * Reads that wait for a proof: a majority must have said, after the read was asked for, that they know of no later
 * leader; then nothing that the read could miss was committed elsewhere. It rests on no clock. Reads that are asked for
 * together share a round.
 * Source: Ongaro's thesis, §6.4.
 */
export class PendingReads {
  #round = 0;
  #waiting: { readonly read: number; readonly index: LogIndex; readonly round: number }[] = [];
  readonly #confirmed = new Map<ServerID, number>();

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** The round that the newest reads wait for. */
  get round(): number {
    return this.#round;
  }

  /** `index` is what must be applied before the read. Begins a new round. */
  ask(read: number, index: LogIndex): void {
    this.#round++;
    this.#waiting.push({ read, index, round: this.#round });
  }

  confirmed(from: ServerID, round: number): void {
    this.#confirmed.set(from, Math.max(round, this.#confirmed.get(from) ?? 0));
  }

  /** Removes and returns the reads that a majority of `voters` has confirmed; `self` confirms everything. */
  takeProven(voters: readonly ServerID[], self: ServerID): { read: number; index: LogIndex }[] {
    if (this.isEmpty) return [];
    const rounds = voters.map((id) => (id === self ? this.#round : (this.#confirmed.get(id) ?? 0)));
    const proven = reachedByMajority(rounds);
    const taken = this.#waiting.filter(({ round }) => round <= proven);
    this.#waiting = this.#waiting.filter(({ round }) => round > proven);
    return taken.map(({ read, index }) => ({ read, index }));
  }
}
