import type { Instant } from "./instant.ts";
import { PriorityQueue } from "./priority-queue.ts";

interface Entry<Key> {
  readonly key: Key;
  readonly deadline: Instant;
}

/** Keys, each with an instant by which something is due. Setting a key again moves its deadline. */
export class DeadlineQueue<Key> {
  readonly #deadlines = new Map<Key, Instant>();
  /** May hold entries that were moved or deleted since; they are dropped when they come up. */
  readonly #heap = new PriorityQueue<Entry<Key>>((a, b) => a.deadline < b.deadline);

  get size(): number {
    return this.#deadlines.size;
  }

  set(key: Key, deadline: Instant): void {
    this.#deadlines.set(key, deadline);
    this.#heap.push({ key, deadline });
  }

  /** Gives every key the deadline that `moved` makes of its own. */
  move(moved: (deadline: Instant) => Instant): void {
    for (const [key, deadline] of this.#deadlines) this.set(key, moved(deadline));
  }

  delete(key: Key): void {
    this.#deadlines.delete(key);
  }

  has(key: Key): boolean {
    return this.#deadlines.has(key);
  }

  /** The earliest deadline; undefined when nothing is due. */
  earliest(): Instant | undefined {
    this.#dropStale();
    return this.#heap.peek()?.deadline;
  }

  /** Removes and returns the keys that are due, longest overdue first. */
  takeUntil(now: Instant): Key[] {
    const due: Key[] = [];
    for (let next = this.earliest(); next !== undefined && next <= now; next = this.earliest()) {
      const key = (this.#heap.pop() as Entry<Key>).key;
      this.#deadlines.delete(key);
      due.push(key);
    }
    return due;
  }

  #dropStale(): void {
    for (let top = this.#heap.peek(); top !== undefined; top = this.#heap.peek()) {
      if (this.#deadlines.get(top.key) === top.deadline) return;
      this.#heap.pop();
    }
  }
}
