import { placeOf } from "./read-set.ts";
import { indexValues } from "./tables.ts";
import type { Change, ReadNote, ReadSet, RowOf, TableName } from "./view.ts";

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
  /** By table, so that a change of a table for which nobody waits costs nothing. */
  readonly #places = new Map<TableName, Map<string, Set<Watcher>>>();
  /** How many notes wait for a prefix of each length: a changed key is looked up cut to these lengths. */
  readonly #prefixLengths = new Map<TableName, Map<number, number>>();

  /** Waits for the first commit that touches anything `reads` noted; calling the result stops that. */
  add(reads: ReadSet, changed: () => void): () => void {
    const watcher: Watcher = { changed, notes: [...reads.notes()] };
    for (const note of watcher.notes) this.#join(watcher, note);
    return () => this.#remove(watcher);
  }

  /** Calls, once and for the last time, everyone whom a change concerns. */
  wake(changes: readonly Change[]): void {
    const woken = new Set<Watcher>();
    for (const change of changes) {
      const places = this.#places.get(change.table);
      if (places === undefined) continue;
      for (const place of this.#placesOf(change)) {
        for (const watcher of places.get(place) ?? []) woken.add(watcher);
      }
    }
    this.#call(woken);
  }

  /** Calls, once and for the last time, everyone who waits for anything. */
  wakeAll(): void {
    const places = [...this.#places.values()].flatMap((ofTable) => [...ofTable.values()]);
    this.#call(new Set(places.flatMap((present) => [...present])));
  }

  #call(woken: ReadonlySet<Watcher>): void {
    for (const watcher of woken) this.#remove(watcher);
    for (const watcher of woken) watcher.changed();
  }

  *#placesOf<Name extends TableName>(change: Change & { readonly table: Name }): Iterable<string> {
    const { table, key } = change;
    yield placeOf({ kind: "table", table });
    yield placeOf({ kind: "key", table, key });
    for (const length of this.#prefixLengths.get(table)?.keys() ?? []) {
      if (length <= key.length) yield placeOf({ kind: "prefix", table, prefix: key.slice(0, length) });
    }
    for (const row of [change.before, change.after] as (RowOf<Name> | undefined)[]) {
      if (row === undefined) continue;
      for (const [index, value] of indexValues(table, row)) yield placeOf({ kind: "index", table, index, value });
    }
  }

  #join(watcher: Watcher, note: ReadNote): void {
    const places = this.#places.get(note.table) ?? new Map<string, Set<Watcher>>();
    this.#places.set(note.table, places);
    const place = placeOf(note);
    const present = places.get(place);
    if (present === undefined) places.set(place, new Set([watcher]));
    else present.add(watcher);
    if (note.kind === "prefix") this.#countPrefix(note.table, note.prefix.length, 1);
  }

  #remove(watcher: Watcher): void {
    for (const note of watcher.notes) {
      const places = this.#places.get(note.table);
      const place = placeOf(note);
      const present = places?.get(place);
      if (!places || !present?.delete(watcher)) continue;
      if (present.size === 0) places.delete(place);
      if (places.size === 0) this.#places.delete(note.table);
      if (note.kind === "prefix") this.#countPrefix(note.table, note.prefix.length, -1);
    }
  }

  #countPrefix(table: TableName, length: number, step: number): void {
    const lengths = this.#prefixLengths.get(table) ?? new Map<number, number>();
    this.#prefixLengths.set(table, lengths);
    const count = (lengths.get(length) ?? 0) + step;
    if (count === 0) lengths.delete(length);
    else lengths.set(length, count);
  }
}
