import { unreachable } from "../base/index.ts";
import type { ReadNote, ReadSet, TableName } from "./view.ts";

/** Collects what a reader looks at, so that `State.watch` can tell when the answer may have changed. */
export class RecordedReads implements ReadSet {
  readonly #notes = new Map<string, ReadNote>();

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

  notes(): Iterable<ReadNote> {
    return this.#notes.values();
  }

  #add(note: ReadNote): void {
    this.#notes.set(placeOf(note), note);
  }
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
