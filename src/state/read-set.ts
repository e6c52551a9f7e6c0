import { unreachable } from "../base/index.ts";
import type { ReadNote, ReadSet, TableName } from "./view.ts";

/** Up to so many notes are looked through; most readers look at one thing. */
const few = 8;

/** Collects what a reader looks at, so that `State.watch` can tell when the answer may have changed. */
export class RecordedReads implements ReadSet {
  readonly #notes: ReadNote[] = [];
  /** The places of all notes, once they are many. */
  #places: Set<string> | undefined;

  noteKey(table: TableName, key: string): void {
    this.#add({ kind: "key", table, key });
  }

  noteIndex(table: TableName, index: string, value: string): void {
    this.#add({ kind: "index", table, index, value });
  }

  notePrefix(table: TableName, prefix: string): void {
    this.#add({ kind: "prefix", table, prefix });
  }

  noteTable(table: TableName): void {
    this.#add({ kind: "table", table });
  }

  notes(): readonly ReadNote[] {
    return this.#notes;
  }

  #add(note: ReadNote): void {
    if (this.#notes.length < few) {
      if (this.#notes.some((known) => isSame(known, note))) return;
    } else {
      this.#places ??= new Set(this.#notes.map(placeOf));
      const place = placeOf(note);
      if (this.#places.has(place)) return;
      this.#places.add(place);
    }
    this.#notes.push(note);
  }
}

function isSame(a: ReadNote, b: ReadNote): boolean {
  return a.kind === b.kind && a.table === b.table && placeOf(a) === placeOf(b);
}

/** A note as one text, so that equal notes can be found. No name of a table or an index has a space in it. */
function placeOf(note: ReadNote): string {
  switch (note.kind) {
    case "key":
      return `key ${note.table} ${note.key}`;
    case "index":
      return `index ${note.table} ${note.index} ${note.value}`;
    case "prefix":
      return `prefix ${note.table} ${note.prefix}`;
    case "table":
      return `table ${note.table}`;
    default:
      return unreachable(note);
  }
}
