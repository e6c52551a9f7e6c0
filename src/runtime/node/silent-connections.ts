import type { Socket } from "node:net";

/**
 * Connections on which nothing has been said yet, the longest silent first. Node's parser takes some 9 KB for each
 * connection, three times what the connection itself does, and those who only wait shall not cost that.
 */
export class SilentConnections {
  readonly #silent = new Map<Socket, { readonly since: number; readonly speak: () => void }>();

  /** Calls `spoke` once the peer has sent something or has ended; what it sent is still to be read. */
  add(socket: Socket, spoke: () => void): void {
    const speak = () => {
      this.#remove(socket);
      spoke();
    };
    this.#silent.set(socket, { since: performance.now(), speak });
    socket.once("readable", speak);
    // Who breaks a connection is no concern of ours; it closes.
    socket.on("error", ignored);
    socket.once("close", () => this.#silent.delete(socket));
  }

  /** Removes and returns those that have been silent for `milliseconds` or longer. */
  takeLate(milliseconds: number): readonly Socket[] {
    const late: Socket[] = [];
    const since = performance.now() - milliseconds;
    for (const [socket, silence] of this.#silent) {
      if (silence.since > since) break;
      late.push(socket);
    }
    for (const socket of late) this.#remove(socket);
    return late;
  }

  #remove(socket: Socket): void {
    const silence = this.#silent.get(socket);
    if (silence !== undefined) socket.off("readable", silence.speak);
    this.#silent.delete(socket);
  }
}

function ignored(): void {}
