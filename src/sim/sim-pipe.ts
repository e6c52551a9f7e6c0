import { assert, type Duration, type Instant, later, WakeUp } from "../base/index.ts";
import type { VirtualTime } from "./virtual-time.ts";

const mostBytesOnTheWay = 1 << 20;
const never = new AbortController().signal;

/** Whoever waits for the next bytes. */
interface Reading {
  readonly resolve: (result: IteratorResult<Uint8Array>) => void;
  readonly reject: (error: Error) => void;
  /** Hears before them that nothing more will come. */
  readonly ended: () => void;
}

/**
 * One direction of a connection. What is written arrives in order, and the end of it last; a writer waits while more
 * is on the way than a network holds.
 */
export class SimPipe {
  readonly #time: VirtualTime;
  readonly #delay: () => Duration;
  readonly #pass: (act: () => void) => void;
  readonly #arrived: Uint8Array[] = [];
  readonly #room = new WakeUp();
  #reading: Reading | undefined;
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
    const copy = Buffer.from(bytes);
    this.#bytesOnTheWay += copy.length;
    this.#arrive(() => {
      if (this.#reader === "reads") this.#arrived.push(copy);
      else this.#bytesOnTheWay -= copy.length;
    });
    while (this.#bytesOnTheWay > mostBytesOnTheWay && this.#writer === "writes") await this.#room.wait(never);
    // What was closed meanwhile is still delivered; what broke is not.
    if (this.#isBroken()) throw broken();
  }

  /** The writer has said all. `arrived` is called when the reader's side hears of it. */
  close(arrived: () => void): void {
    if (this.#writer !== "writes") return;
    this.#writer = "closed";
    this.#room.notify();
    this.#arrive(() => {
      if (this.#reader === "reads") this.#reader = "atEnd";
      arrived();
    });
  }

  /** The writer learns that nobody reads any more. */
  break(): void {
    if (this.#writer === "writes") this.#writer = "broken";
    this.#room.notify();
  }

  /** The reader goes: what it has not read is lost, and what still comes too. */
  leave(): void {
    this.#reader = "left";
    this.#discard();
  }

  /** The connection is torn: what is on the way or unread is lost, and the reader is told. */
  reset(): void {
    if (this.#reader === "reads") this.#reader = "reset";
    this.#discard();
  }

  /**
   * The next bytes, or the end. Rejects with `ECONNRESET` when the connection is torn. One reads at a time; `ended` is called
   * when nothing more will come.
   */
  next(ended: () => void): Promise<IteratorResult<Uint8Array>> {
    return new Promise((resolve, reject) => {
      assert(this.#reading === undefined, "a connection is read by one, one chunk after the other");
      this.#reading = { resolve, reject, ended };
      this.#serve();
    });
  }

  /** Gives whoever reads what there is for them. */
  #serve(): void {
    const reading = this.#reading;
    if (reading === undefined) return;
    const value = this.#arrived.shift();
    if (value === undefined && this.#reader === "reads") return;
    this.#reading = undefined;
    if (value !== undefined) {
      this.#bytesOnTheWay -= value.length;
      this.#room.notify();
      reading.resolve({ done: false, value });
      return;
    }
    const isTorn = this.#reader === "reset";
    reading.ended();
    if (isTorn) reading.reject(reset());
    else reading.resolve({ done: true, value: undefined });
  }

  #discard(): void {
    for (const chunk of this.#arrived.splice(0)) this.#bytesOnTheWay -= chunk.length;
    this.#room.notify();
    this.#serve();
  }

  /** Nothing overtakes what was sent before it. */
  #arrive(act: () => void): void {
    const arrival = later(this.#time.now(), this.#delay());
    const last = this.#lastArrival;
    this.#lastArrival = last !== undefined && last > arrival ? last : arrival;
    const arrived = () => {
      act();
      this.#serve();
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
