import { type Duration, type Instant, later, WakeUp } from "../base/index.ts";
import type { VirtualTime } from "./virtual-time.ts";

const mostBytesOnTheWay = 1 << 20;

/**
 * One direction of a connection. What is written arrives in order, and the end of it last; a writer waits while more
 * is on the way than a network holds.
 */
export class SimPipe {
  readonly #time: VirtualTime;
  readonly #delay: () => Duration;
  readonly #pass: (act: () => void) => void;
  readonly #arrived: Uint8Array[] = [];
  readonly #changed = new WakeUp();
  readonly #never = new AbortController().signal;
  #bytesOnTheWay = 0;
  #lastArrival: Instant | undefined;
  #writer: "writes" | "closed" | "broken" = "writes";
  #reader: "reads" | "atEnd" | "left" | "reset" = "reads";

  /** `pass` lets something come across the link, now or, where that is cut, when it heals. */
  constructor(time: VirtualTime, delay: () => Duration, pass: (act: () => void) => void = (act) => act()) {
    this.#time = time;
    this.#delay = delay;
    this.#pass = pass;
  }

  /** Resolves when there is room for more. Rejects with `EPIPE` when the writer has closed, or knows of a break. */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.#writer !== "writes") throw broken();
    const copy = new Uint8Array(bytes);
    this.#bytesOnTheWay += copy.length;
    this.#arrive(() => {
      if (this.#reader === "reads") this.#arrived.push(copy);
      else this.#bytesOnTheWay -= copy.length;
    });
    while (this.#bytesOnTheWay > mostBytesOnTheWay && this.#writer === "writes") {
      await this.#changed.wait(this.#never);
    }
    // What was closed meanwhile is still delivered; what broke is not.
    if (this.#isBroken()) throw broken();
  }

  /** The writer has said all. `arrived` is called when the reader's side hears of it. */
  close(arrived: () => void): void {
    if (this.#writer !== "writes") return;
    this.#writer = "closed";
    this.#changed.notify();
    this.#arrive(() => {
      if (this.#reader === "reads") this.#reader = "atEnd";
      arrived();
    });
  }

  /** The writer learns that nobody reads any more. */
  break(): void {
    if (this.#writer === "writes") this.#writer = "broken";
    this.#changed.notify();
  }

  /** The reader goes: what it has not read is lost, and what still comes too. */
  leave(): void {
    this.#reader = "left";
    for (const chunk of this.#arrived.splice(0)) this.#bytesOnTheWay -= chunk.length;
    this.#changed.notify();
  }

  /** The connection is torn: what is on the way or unread is lost, and the reader is told. */
  reset(): void {
    if (this.#reader === "reads") this.#reader = "reset";
    for (const chunk of this.#arrived.splice(0)) this.#bytesOnTheWay -= chunk.length;
    this.#changed.notify();
  }

  /** Throws `ECONNRESET` when the connection is torn. */
  async *bytes(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const chunk = this.#arrived.shift();
      if (chunk !== undefined) {
        this.#bytesOnTheWay -= chunk.length;
        this.#changed.notify();
        yield chunk;
      } else if (this.#reader === "reset") throw reset();
      else if (this.#reader !== "reads") return;
      else await this.#changed.wait(this.#never);
    }
  }

  /** Nothing overtakes what was sent before it. */
  #arrive(act: () => void): void {
    const arrival = later(this.#time.now(), this.#delay());
    const last = this.#lastArrival;
    this.#lastArrival = last !== undefined && last > arrival ? last : arrival;
    const arrived = () => {
      act();
      this.#changed.notify();
    };
    this.#time.at(this.#lastArrival, () => this.#pass(arrived));
  }

  #isBroken(): boolean {
    return this.#writer === "broken";
  }
}

function broken(): Error {
  return Object.assign(new Error("the connection is closed"), { code: "EPIPE" });
}

function reset(): Error {
  return Object.assign(new Error("the connection was reset by the peer"), { code: "ECONNRESET" });
}
