import { type Duration, WakeUp } from "../base/index.ts";
import { type LogIndex, type Member, NotLeader, type RaftHost, type RaftStats, type Role } from "../raft/index.ts";

/**
 * This server's place in Raft. A server of a new cluster takes it twice: first as one that waits to be added, then,
 * once enough others are known, as a founder. Nothing was logged in between.
 */
export class RaftSeat {
  readonly #open: (bootstrap: readonly Member[]) => Promise<RaftHost>;
  readonly #follow: (role: Role) => void;
  readonly #changed = new WakeUp();
  #host: RaftHost | undefined;
  #closed = false;

  /** `open` takes part in Raft with this bootstrap configuration; `follow` is told of every role, in order. */
  constructor(open: (bootstrap: readonly Member[]) => Promise<RaftHost>, follow: (role: Role) => void) {
    this.#open = open;
    this.#follow = follow;
  }

  /** Takes part, in place of an earlier part if there was one. */
  async take(bootstrap: readonly Member[]): Promise<void> {
    await this.#host?.close();
    if (this.#closed) return;
    const host = await this.#open(bootstrap);
    this.#host = host;
    host.onRole((role) => {
      this.#follow(role);
      this.#changed.notify();
    });
    this.#follow(host.role);
    this.#changed.notify();
  }

  /** The role, or what is known of the leader, has changed. */
  get changed(): WakeUp["next"] {
    return this.#changed.next;
  }

  get leader(): string {
    return this.#host?.leader ?? "";
  }

  get isLeader(): boolean {
    return this.#host?.role.kind === "leader";
  }

  get term(): number {
    return this.stats()?.term ?? 0;
  }

  get members(): readonly Member[] {
    return this.#host?.members ?? [];
  }

  propose(data: Uint8Array, patience?: Duration): Promise<{ readonly index: LogIndex; readonly result: unknown }> {
    return this.#host?.propose(data, patience) ?? Promise.reject(new NotLeader(undefined));
  }

  /** As `RaftHost.restore`. */
  restore(parts: AsyncIterable<Uint8Array>): Promise<LogIndex> {
    return this.#host?.restore(parts) ?? Promise.reject(new NotLeader(undefined));
  }

  barrier(): Promise<LogIndex> {
    return this.#host?.barrier() ?? Promise.reject(new NotLeader(undefined));
  }

  readIndex(): Promise<LogIndex> {
    return this.#host?.readIndex() ?? Promise.reject(new NotLeader(undefined));
  }

  addVoter(member: Omit<Member, "voter">, signal: AbortSignal): Promise<void> {
    return this.#host?.addVoter(member, signal) ?? Promise.reject(new NotLeader(undefined));
  }

  removeServer(id: string): Promise<void> {
    return this.#host?.removeServer(id) ?? Promise.reject(new NotLeader(undefined));
  }

  /** As `RaftHost.transferLeadership`. */
  transferLeadership(to: string): void {
    if (this.#host === undefined) throw new NotLeader(undefined);
    this.#host.transferLeadership(to);
  }

  stats(): RaftStats | undefined {
    return this.#host?.stats();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#host?.close();
  }
}
