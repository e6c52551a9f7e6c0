import { readFileSync } from "node:fs";
import type { Socket } from "node:net";
import type { QuietLog } from "../quiet-log.ts";
import { formatSocketAddress } from "./socket-address.ts";

/** Which part of the descriptors of a process others' connections may take: the rest is for files, tasks and our own. */
const shareOfConnections = 3 / 4;

/**
 * How many connections others may have to this process, over all its ports. Without a bound they would take the last
 * descriptor, and then no file could be opened and nobody be told why; so those beyond it are turned away at once.
 */
export class ConnectionRoom {
  readonly #most: number;
  readonly #log: QuietLog | undefined;
  #taken = 0;
  /** One for all connections, of which there may be many. */
  readonly #leaves = () => {
    this.#taken--;
  };

  /** `log` tells, at most once a second, of those who were turned away. */
  constructor(most: number, log?: QuietLog) {
    this.#most = most;
    this.#log = log;
  }

  /** Takes a place for as long as the connection is open. False when there is none: the connection is to be ended. */
  enter(socket: Socket): boolean {
    if (this.#taken >= this.#most) {
      const from = formatSocketAddress(socket.remoteAddress ?? "", socket.remotePort ?? 0);
      this.#log?.warn("too many connections for the descriptors of this process, turned one away", {
        from,
        most: this.#most,
      });
      return false;
    }
    this.#taken++;
    socket.on("close", this.#leaves);
    return true;
  }
}

/** Connections that a process with this limit on descriptors takes. */
export function mostConnections(descriptors: number): number {
  return Math.floor(descriptors * shareOfConnections);
}

/** How many descriptors this process may have; infinite where the system does not say. */
export function descriptorLimit(): number {
  try {
    const limits = readFileSync("/proc/self/limits", "utf8");
    return Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
