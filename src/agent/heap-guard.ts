import { between, type Instant, later, seconds } from "../base/index.ts";
import type { Heap, Log, Runtime } from "../runtime/index.ts";

/** Parts of the limit, by what is kept after a collection: from here on there is little room … */
const scarceFrom = 0.7;
/** … and below this there is enough again. */
const enoughBelow = 0.6;
/** From here on V8 itself gives up on a process that does little but collect. */
const fullFrom = 0.8;
/** Two collections within this time that leave the heap full: nothing is to be had by going on. */
const crowded = seconds(15);
/** While there is little room garbage is collected so often at least: who sheds load asks for no room. */
const collectEvery = seconds(20);

/**
 * Watches how near the heap comes to its limit. Where there is little room `isScarce` says so, for others to shed load
 * until there is enough again; where that does not help it reports that the process had better end, while it still can.
 * It sees nothing of what is taken within one turn of the event loop.
 */
export class HeapGuard {
  readonly #heap: Heap;
  readonly #runtime: Pick<Runtime, "clock">;
  readonly #log: Log;
  readonly #full: (reason: string) => void;
  readonly #stopListening: () => void;
  #isScarce = false;
  #lastFull: Instant | undefined;
  #cancelCollection: (() => void) | undefined;

  /** Watches until it is disposed of. `full` is called once. */
  constructor(runtime: Pick<Runtime, "clock" | "log">, heap: Heap, full: (reason: string) => void) {
    this.#runtime = runtime;
    this.#log = runtime.log.named("agent");
    this.#heap = heap;
    this.#full = full;
    this.#stopListening = heap.onCollected((keptBytes) => this.#collected(keptBytes));
  }

  get isScarce(): boolean {
    return this.#isScarce;
  }

  [Symbol.dispose](): void {
    this.#stopListening();
    this.#cancelCollection?.();
  }

  #collected(keptBytes: number): void {
    const share = keptBytes / this.#heap.limitBytes;
    if (this.#isScarce ? share < enoughBelow : share >= scarceFrom) this.#turn(keptBytes);
    this.#cancelCollection?.();
    this.#cancelCollection = this.#isScarce ? this.#collectLater() : undefined;
    if (share >= fullFrom) this.#foundFull(keptBytes);
  }

  #turn(keptBytes: number): void {
    this.#isScarce = !this.#isScarce;
    const figures = { kept: mebibytes(keptBytes), limit: mebibytes(this.#heap.limitBytes) };
    if (this.#isScarce) this.#log.warn("little memory is left: HTTP requests are refused until there is more", figures);
    else this.#log.info("there is memory enough again", figures);
  }

  #foundFull(keptBytes: number): void {
    const now = this.#runtime.clock.now();
    const isCrowded = this.#lastFull !== undefined && between(this.#lastFull, now) <= crowded;
    this.#lastFull = now;
    if (!isCrowded) return;
    this[Symbol.dispose]();
    const [kept, limit] = [mebibytes(keptBytes), mebibytes(this.#heap.limitBytes)];
    this.#full(
      `its memory is full: it keeps ${kept} of the ${limit} that it may. Allow more with NODE_OPTIONS=--max-old-space-size=<MB>`,
    );
  }

  #collectLater(): () => void {
    const { clock } = this.#runtime;
    return clock.at(later(clock.now(), collectEvery), () => this.#heap.collect());
  }
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MiB`;
}
