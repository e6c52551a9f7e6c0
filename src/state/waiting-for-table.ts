import { unreachable } from "../base/index.ts";
import { type WaitedBy, waitedBy } from "./tables.ts";
import type { Change, ReadNote, RowOf, TableName } from "./view.ts";

/** Who waits, by what of one kind they wait for. Most often it is one alone. */
type Group<Watcher extends object> = Map<string, Watcher | Set<Watcher>>;

/** Who waits for rows by an index of theirs. */
interface IndexGroup<Row, Watcher extends object> extends WaitedBy<Row> {
  readonly group: Group<Watcher>;
}

const wholeTable = "";

/**
 * Who waits for what of one table, so that a change finds them without asking each. What nobody waits for is not even looked
 * up: of a change of an allocation it takes its node's identifier, where all who wait for allocations wait for those of nodes.
 */
export class WaitingForTable<Name extends TableName, Watcher extends object> {
  readonly #name: Name;
  readonly #whole: Group<Watcher> = new Map();
  readonly #keys: Group<Watcher> = new Map();
  /** By the length of the prefix: a changed key is looked up cut to it. */
  readonly #prefixes = new Map<number, Group<Watcher>>();
  readonly #indexes = new Map<string, IndexGroup<RowOf<Name>, Watcher>>();

  constructor(name: Name) {
    this.#name = name;
  }

  add(note: ReadNote, watcher: Watcher): void {
    const group = this.#groupOf(note) ?? this.#begin(note);
    const value = waitedFor(note);
    const present = group.get(value);
    if (present === undefined) group.set(value, watcher);
    else if (present instanceof Set) present.add(watcher);
    else group.set(value, new Set([present, watcher]));
  }

  remove(note: ReadNote, watcher: Watcher): void {
    const group = this.#groupOf(note);
    const value = waitedFor(note);
    const present = group?.get(value);
    if (group === undefined || present === undefined) return;
    if (present instanceof Set ? !present.delete(watcher) || present.size > 0 : present !== watcher) return;
    group.delete(value);
    if (group.size > 0) return;
    if (note.kind === "prefix") this.#prefixes.delete(note.prefix.length);
    if (note.kind === "index") this.#indexes.delete(note.index);
  }

  /** Adds to `concerned` everyone whom the change concerns. */
  collect({ key, before, after }: Change & { readonly table: Name }, concerned: Set<Watcher>): void {
    if (this.#whole.size > 0) addAll(this.#whole.get(wholeTable), concerned);
    if (this.#keys.size > 0) addAll(this.#keys.get(key), concerned);
    for (const [length, group] of this.#prefixes) {
      if (length <= key.length) addAll(group.get(key.slice(0, length)), concerned);
    }
    for (const each of this.#indexes.values()) {
      collectBy(each, before as RowOf<Name> | undefined, after as RowOf<Name> | undefined, concerned);
    }
  }

  /** Everyone who waits for anything of the table. */
  *all(): Iterable<Watcher> {
    const byIndex = Array.from(this.#indexes.values(), ({ group }) => group);
    for (const group of [this.#whole, this.#keys, ...this.#prefixes.values(), ...byIndex]) {
      for (const present of group.values()) {
        if (present instanceof Set) yield* present;
        else yield present;
      }
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
        return this.#indexes.get(note.index)?.group;
      default:
        return unreachable(note);
    }
  }

  #begin(note: ReadNote): Group<Watcher> {
    const group: Group<Watcher> = new Map();
    if (note.kind === "prefix") this.#prefixes.set(note.prefix.length, group);
    if (note.kind === "index") this.#indexes.set(note.index, { ...waitedBy(this.#name, note.index), group });
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

function collectBy<Row, Watcher extends object>(
  { indexed, isOld, group }: IndexGroup<Row, Watcher>,
  before: Row | undefined,
  after: Row | undefined,
  concerned: Set<Watcher>,
): void {
  if (before !== undefined && after !== undefined && isOld?.(before, after)) return;
  const left = before === undefined ? undefined : indexed(before);
  const entered = after === undefined ? undefined : indexed(after);
  if (left !== undefined) addAll(group.get(left), concerned);
  if (entered !== undefined && entered !== left) addAll(group.get(entered), concerned);
}

function addAll<Watcher extends object>(present: Watcher | Set<Watcher> | undefined, concerned: Set<Watcher>): void {
  if (present instanceof Set) for (const watcher of present) concerned.add(watcher);
  else if (present !== undefined) concerned.add(present);
}
