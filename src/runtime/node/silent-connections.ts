import type { Socket } from "node:net";

/** What becomes of connections that have said nothing yet. */
export interface SilentConnectionsOwner {
  /** The peer has said something, which is the next that the socket reads. */
  speaks(socket: Socket): void;
  /** The peer has said nothing for too long, and is still there. */
  late(socket: Socket): void;
}

/**
 * Connections that have said nothing yet. A parser and all that belongs to it takes three times the memory of a mere
 * connection, and anybody may open thousands of these: only who speaks gets one.
 */
export class SilentConnections {
  readonly #since = new Map<Socket, number>();
  readonly #owner: SilentConnectionsOwner;
  readonly #options: { readonly patience: number; readonly interval: number };
  /** Goes on only while somebody is silent. */
  #watch: NodeJS.Timeout | undefined;
  /** One of each for all connections; called on the one that it is about. */
  readonly #speaks: (this: Socket, chunk: Buffer) => void;
  readonly #goes: (this: Socket) => void;

  /** Those who wait for `patience` are looked for every `interval`, both in milliseconds. */
  constructor(owner: SilentConnectionsOwner, options: { readonly patience: number; readonly interval: number }) {
    this.#owner = owner;
    this.#options = options;
    const leave = (socket: Socket) => this.#leave(socket);
    this.#speaks = function speaks(this: Socket, chunk: Buffer) {
      leave(this);
      this.pause();
      owner.speaks(this);
      this.unshift(chunk);
      this.resume();
    };
    this.#goes = function goes(this: Socket) {
      leave(this);
      this.destroy();
    };
  }

  add(socket: Socket): void {
    const { patience, interval } = this.#options;
    this.#watch ??= setInterval(() => this.#endLate(patience), interval).unref();
    this.#since.set(socket, performance.now());
    socket.on("data", this.#speaks);
    socket.on("end", this.#goes);
    socket.on("error", this.#goes);
    socket.on("close", this.#goes);
  }

  /** Ends all of them, and waits for no others. */
  close(): void {
    for (const socket of this.#since.keys()) socket.destroy();
  }

  /** In the order in which they came. */
  #endLate(patience: number): void {
    const now = performance.now();
    for (const [socket, since] of this.#since) {
      if (now - since < patience) return;
      this.#leave(socket);
      this.#owner.late(socket);
    }
  }

  #leave(socket: Socket): void {
    this.#since.delete(socket);
    if (this.#since.size === 0) {
      clearInterval(this.#watch);
      this.#watch = undefined;
    }
    socket.off("data", this.#speaks);
    socket.off("end", this.#goes);
    socket.off("error", this.#goes);
    socket.off("close", this.#goes);
  }
}
