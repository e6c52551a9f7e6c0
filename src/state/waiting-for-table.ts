import { unreachable } from "../base/index.ts";
import { countedBy, indexesOf } from "./tables.ts";
import type { Change, ReadNote, RowOf, TableName } from "./view.ts";

/** Who waits, by what of one kind they wait for. */
type Group<Watcher> = Map<string, Set<Watcher>>;

const wholeTable = "";

/**
 * Who waits for what of one table, so that a change finds them without asking each. What nobody waits for is not even looked
 * up: of a change of an allocation it takes its node's identifier, where all who wait for allocations wait for those of nodes.
 */
export class WaitingForTable<Name extends TableName, Watcher> {
  readonly #name: Name;
  readonly #whole: Group<Watcher> = new Map();
  readonly #keys: Group<Watcher> = new Map();
  /** By the length of the prefix: a changed key is looked up cut to it. */
  readonly #prefixes = new Map<number, Group<Watcher>>();
  readonly #indexes = new Map<string, Group<Watcher>>();

  constructor(name: Name) {
    this.#name = name;
  }

  add(note: ReadNote, watcher: Watcher): void {
    const group = this.#groupOf(note) ?? this.#begin(note);
    const value = waitedFor(note);
    const present = group.get(value);
    if (present === undefined) group.set(value, new Set([watcher]));
    else present.add(watcher);
  }

  remove(note: ReadNote, watcher: Watcher): void {
    const group = this.#groupOf(note);
    const value = waitedFor(note);
    const present = group?.get(value);
    if (group === undefined || !present?.delete(watcher) || present.size > 0) return;
    group.delete(value);
    if (group.size > 0) return;
    if (note.kind === "prefix") this.#prefixes.delete(note.prefix.length);
    if (note.kind === "index") this.#indexes.delete(note.index);
  }

  /** Adds to `concerned` everyone whom the change concerns. */
  collect({ key, before, after }: Change & { readonly table: Name }, concerned: Set<Watcher>): void {
    addAll(this.#whole.get(wholeTable), concerned);
    addAll(this.#keys.get(key), concerned);
    for (const [length, group] of this.#prefixes) {
      if (length <= key.length) addAll(group.get(key.slice(0, length)), concerned);
    }
    for (const [index, group] of this.#indexes) {
      const indexed = indexesOf(this.#name)[index] ?? countedBy(this.#name)[index];
      for (const row of [before, after] as readonly (RowOf<Name> | undefined)[]) {
        const value = row === undefined ? undefined : indexed?.(row);
        if (value !== undefined) addAll(group.get(value), concerned);
      }
    }
  }

  /** Everyone who waits for anything of the table. */
  *all(): Iterable<Watcher> {
    for (const group of [this.#whole, this.#keys, ...this.#prefixes.values(), ...this.#indexes.values()]) {
      for (const present of group.values()) yield* present;
    }
  }

  #groupOf(note: ReadNote): Group<Watcher> | undefined {
    switch (note.kind) {
      case "table":
        return this.#whole;
      case "key":
        return this.#keys;
      case "prefix":
        return this.#prefixes.get(note.prefix.length);
      case "index":
        return this.#indexes.get(note.index);
      default:
        return unreachable(note);
    }
  }

  #begin(note: ReadNote): Group<Watcher> {
    const group: Group<Watcher> = new Map();
    if (note.kind === "prefix") this.#prefixes.set(note.prefix.length, group);
    if (note.kind === "index") this.#indexes.set(note.index, group);
    return group;
  }
}

function waitedFor(note: ReadNote): string {
  switch (note.kind) {
    case "table":
      return wholeTable;
    case "key":
      return note.key;
    case "prefix":
      return note.prefix;
    case "index":
      return note.value;
    default:
      return unreachable(note);
  }
}

function addAll<Watcher>(present: ReadonlySet<Watcher> | undefined, concerned: Set<Watcher>): void {
  if (present !== undefined) for (const watcher of present) concerned.add(watcher);
}
