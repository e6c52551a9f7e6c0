import type { Change, ReadNote, ReadSet, TableName } from "./view.ts";
import { WaitingForTable } from "./waiting-for-table.ts";

/** Someone who waits, and for what: so that it can be taken from all its places at once. */
interface Watcher {
  readonly changed: () => void;
  readonly notes: readonly ReadNote[];
}

/**
 * Who waits for what. Watchers are found by what changed, never by asking each of them: of five thousand clients
 * that wait for their own allocations, a commit wakes the one it concerns.
 */
export class Watches {
  readonly #tables = new Map<TableName, WaitingForTable<TableName, Watcher>>();

  /** Waits for the first commit that touches anything `reads` noted; calling the result stops that. */
  add(reads: ReadSet, changed: () => void): () => void {
    const watcher: Watcher = { changed, notes: [...reads.notes()] };
    for (const note of watcher.notes) this.#waitingFor(note.table).add(note, watcher);
    return () => this.#remove(watcher);
  }

  /** Calls, once and for the last time, everyone whom a change concerns. */
  wake(changes: readonly Change[]): void {
    const woken = new Set<Watcher>();
    for (const change of changes) this.#tables.get(change.table)?.collect(change, woken);
    this.#call(woken);
  }

  /** Calls, once and for the last time, everyone who waits for anything. */
  wakeAll(): void {
    this.#call(new Set([...this.#tables.values()].flatMap((waiting) => [...waiting.all()])));
  }

  #call(woken: ReadonlySet<Watcher>): void {
    for (const watcher of woken) this.#remove(watcher);
    for (const watcher of woken) watcher.changed();
  }

  #remove(watcher: Watcher): void {
    for (const note of watcher.notes) this.#tables.get(note.table)?.remove(note, watcher);
  }

  #waitingFor(table: TableName): WaitingForTable<TableName, Watcher> {
    const known = this.#tables.get(table);
    if (known !== undefined) return known;
    const begun = new WaitingForTable<TableName, Watcher>(table);
    this.#tables.set(table, begun);
    return begun;
  }
}
