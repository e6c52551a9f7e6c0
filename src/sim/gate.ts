import type { VirtualTime } from "./virtual-time.ts";

/**
 * What the world hands to one process: timers, packets, what a disk has done. While the process is stopped, as by
 * SIGSTOP, all of it waits; then everything comes at once, in order, each as an event of its own.
 */
export class Gate {
  #held: (() => void)[] | undefined;

  get isClosed(): boolean {
    return this.#held !== undefined;
  }

  /** Acts now, or when the gate opens. */
  pass(act: () => void): void {
    if (this.#held === undefined) act();
    else this.#held.push(act);
  }

  close(): void {
    this.#held ??= [];
  }

  open(time: VirtualTime): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    // It may be closed again before the last of them has come.
    for (const act of held) time.at(time.now(), () => this.pass(act));
  }

  /** Resolves when the process takes what is handed to it. */
  passed(): Promise<void> {
    return new Promise((resolve) => this.pass(resolve));
  }
}
