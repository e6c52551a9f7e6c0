/** A message to be spread. */
export interface Broadcast {
  readonly message: Uint8Array;
  /** What it is about: a newer message about the same replaces it. */
  readonly about?: string;
  /** Called once when it has been sent often enough, or was replaced or dropped. */
  readonly finished?: () => void;
}

interface Queued extends Broadcast {
  readonly order: number;
  sent: number;
}

/**
 * Messages that travel on other messages, each sent a number of times that grows with the logarithm of the pool: so
 * nearly all hear it, whoever was told. What was sent least goes first, and of that the newest.
 */
export class Broadcasts {
  readonly #most: number;
  #queue: Queued[] = [];
  #order = 0;

  /** Of more than `most` messages, those sent most often are dropped. */
  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#queue.length;
  }

  queue(broadcast: Broadcast): void {
    const { about } = broadcast;
    if (about !== undefined) this.#finish((other) => other.about === about);
    this.#queue.push({ ...broadcast, order: this.#order++, sent: 0 });
    if (this.#queue.length <= this.#most) return;
    this.#queue.sort(byUrgency);
    const dropped = new Set(this.#queue.slice(this.#most));
    this.#finish((other) => dropped.has(other));
  }

  /**
   * Messages for one packet, which may take `budgetBytes` with `overheadBytes` for each, and at most `most` of them.
   * What has now been sent `limit` times is done with.
   */
  take(room: {
    readonly budgetBytes: number;
    readonly overheadBytes: number;
    readonly most: number;
    readonly limit: number;
  }): readonly Uint8Array[] {
    if (this.#queue.length === 0) return [];
    this.#queue.sort(byUrgency);
    const taken: Uint8Array[] = [];
    let left = room.budgetBytes;
    for (const each of this.#queue) {
      if (taken.length >= room.most) break;
      const bytes = each.message.length + room.overheadBytes;
      if (bytes > left) continue;
      left -= bytes;
      each.sent += 1;
      taken.push(each.message);
    }
    this.#finish((each) => each.sent >= room.limit);
    return taken;
  }

  #finish(isDone: (each: Queued) => boolean): void {
    const done = this.#queue.filter(isDone);
    if (done.length === 0) return;
    this.#queue = this.#queue.filter((each) => !isDone(each));
    for (const { finished } of done) finished?.();
  }
}

/** How often each message is sent in a pool of `members`. */
export function retransmitLimit(multiplier: number, members: number): number {
  return multiplier * Math.ceil(Math.log10(members + 1));
}

function byUrgency(a: Queued, b: Queued): number {
  return a.sent === b.sent ? b.order - a.order : a.sent - b.sent;
}
