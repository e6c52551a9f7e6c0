import { assert, between, milliseconds } from "../base/index.ts";
import type { Clock } from "../runtime/index.ts";
import type { LogEntry, LogIndex } from "./core/log-entry.ts";

/** After so many entries, or so long, the event loop may do something else: a long log must not make a server miss its heartbeats. */
const [SLICE, LONG_SLICE] = [256, milliseconds(10)];

/** Committed entries on their way to the state machine, in order, each exactly once. */
export class ApplyQueue {
  readonly #clock: Pick<Clock, "now">;
  readonly #apply: (entry: LogEntry) => Promise<void> | undefined;
  readonly #defer: (resume: () => void) => () => void;
  #waiting: LogEntry[] = [];
  #appliedHere = 0;
  #appliedIndex: LogIndex;
  #cancelSlice: (() => void) | undefined;
  /** The entry that takes its time, if one does. */
  #slow: LogEntry | undefined;
  #isRestoring = false;
  #isClosed = false;

  /**
   * The state machine has everything through `appliedIndex`. `defer` runs `resume` soon, after other work; what it
   * returns cancels that. A throw of `apply` goes to the caller. What follows an entry for which `apply` gives a promise
   * waits until that resolves.
   */
  constructor(
    clock: Pick<Clock, "now">,
    appliedIndex: LogIndex,
    apply: (entry: LogEntry) => Promise<void> | undefined,
    defer: (resume: () => void) => () => void,
  ) {
    this.#clock = clock;
    this.#appliedIndex = appliedIndex;
    this.#apply = apply;
    this.#defer = defer;
  }

  get appliedIndex(): LogIndex {
    return this.#appliedIndex;
  }

  /** Entries that are committed and not yet applied. */
  get pending(): number {
    return this.#waiting.length - this.#appliedHere;
  }

  /** Applies a slice at once, unless entries already wait, and the rest in later slices. */
  push(entries: readonly LogEntry[]): void {
    for (const entry of entries) this.#waiting.push(entry);
    if (this.#cancelSlice === undefined && this.#slow === undefined && !this.#isRestoring) this.#applySlice();
  }

  get isRestoring(): boolean {
    return this.#isRestoring;
  }

  /** A snapshot takes the place of all that waits. Nothing is applied until `restored`. */
  beginRestore(): void {
    this.#cancelSlice?.();
    this.#cancelSlice = undefined;
    this.#slow = undefined;
    this.#waiting = [];
    this.#appliedHere = 0;
    this.#isRestoring = true;
  }

  /** The state machine now has everything through `index`; what came meanwhile follows. */
  restored(index: LogIndex): void {
    this.#appliedIndex = index;
    this.#isRestoring = false;
    this.#applySlice();
  }

  /** Nothing more is applied, also when an entry that is being applied brings this about. */
  close(): void {
    this.#isClosed = true;
    this.#cancelSlice?.();
  }

  #applySlice(): void {
    const began = this.#clock.now();
    for (const entry of this.#waiting.slice(this.#appliedHere, this.#appliedHere + SLICE)) {
      if (this.#isClosed) return;
      assert(entry.index === this.#appliedIndex + 1, "entries are applied in order, each once");
      const applied = this.#apply(entry);
      if (applied !== undefined) {
        this.#await(entry, applied);
        return;
      }
      this.#done(entry);
      if (between(began, this.#clock.now()) >= LONG_SLICE) break;
    }
    if (this.pending === 0) {
      this.#waiting = [];
      this.#appliedHere = 0;
      return;
    }
    this.#cancelSlice = this.#defer(() => {
      this.#cancelSlice = undefined;
      this.#applySlice();
    });
  }

  #done({ index }: LogEntry): void {
    this.#appliedHere++;
    this.#appliedIndex = index;
  }

  /** A snapshot that takes the place of everything meanwhile takes that of the slow entry too. */
  #await(entry: LogEntry, applied: Promise<void>): void {
    this.#slow = entry;
    const goOn = () => {
      if (this.#slow !== entry || this.#isClosed) return;
      this.#cancelSlice = this.#defer(() => {
        this.#cancelSlice = undefined;
        this.#slow = undefined;
        this.#done(entry);
        this.#applySlice();
      });
    };
    applied.then(goOn, () => undefined);
  }
}
