import type { Clock } from "../../runtime/index.ts";
import { type Applied, State } from "../../state/index.ts";
import { LoggedState } from "../replicated-state.ts";

interface Open {
  readonly data: Uint8Array;
  readonly resolve: (committed: { readonly result: unknown }) => void;
  readonly reject: (error: unknown) => void;
}

/** A log of one server, in place of Raft: entries are committed soon, or when a test says so. */
export class TestLog {
  readonly state: LoggedState;
  /** What became of every entry, in order. */
  readonly applied: Applied[] = [];
  /** Why entries are refused; undefined if they are not. */
  refusal: Error | undefined;
  #held = false;
  #open: Open[] = [];
  #index = 0;

  constructor(clock: Clock) {
    this.state = new LoggedState(clock, new State(), (data) => this.#append(data));
    this.state.observe((applied) => this.applied.push(applied));
  }

  /** Entries that are proposed and not committed. */
  get open(): number {
    return this.#open.length;
  }

  /** From now on entries are committed by `commit` only. */
  hold(): void {
    this.#held = true;
  }

  /** Commits the next entries, all of them if not said how many; from now on none is held if all were committed. */
  commit(count = Number.POSITIVE_INFINITY): void {
    if (count === Number.POSITIVE_INFINITY) this.#held = false;
    for (const { data, resolve } of this.#open.splice(0, count)) {
      this.#index += 1;
      resolve({ result: this.state.apply({ index: this.#index, data }) });
    }
  }

  /** Refuses the entry that would be committed next. */
  refuseNext(error: Error): void {
    this.#open.shift()?.reject(error);
  }

  /** Entries that are not committed never will be. */
  lose(error: Error): void {
    for (const { reject } of this.#open.splice(0)) reject(error);
  }

  #append(data: Uint8Array): Promise<{ readonly result: unknown }> {
    if (this.refusal !== undefined) return Promise.reject(this.refusal);
    return new Promise((resolve, reject) => {
      this.#open.push({ data, resolve, reject });
      queueMicrotask(() => {
        if (!this.#held) this.commit();
      });
    });
  }
}
