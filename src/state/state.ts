import { assert } from "../base/index.ts";
import { isTerminalAllocation, type LogIndex } from "../model/index.ts";
import { type CommandResult, done } from "./command.ts";
import { draftOf } from "./kept-allocations.ts";
import { type DecodedCommand, decodeCommand } from "./log-entry.ts";
import { StateAt } from "./state-at.ts";
import { TableWrites } from "./table-writes.ts";
import { cloneTables, emptyTables, type TableSet, tableNames, tablesToShow } from "./tables.ts";
import { TimeTable } from "./time-table.ts";
import type { Change, ReadSet, StateView } from "./view.ts";
import { Watches } from "./watch.ts";

/** Some milliseconds of work. */
const rowsAtOnce = 1000;

/** All that a state holds at one index. Nobody writes to these tables. */
export interface StateContents {
  readonly index: LogIndex;
  readonly tables: TableSet;
  readonly times: TimeTable;
  /** By how much its indexes are ahead of those of the log that made it. */
  readonly ahead: number;
}

/**
 * The same contents, all of them written at `index`: whoever waits for anything newer than what is there is answered, and
 * every client is told anew of what it is to run. Yields now and then, for other work to have its turn.
 */
export function* writtenAt(contents: StateContents, index: LogIndex): Generator<void, StateContents> {
  const tables = cloneTables(contents.tables);
  let rows = 0;
  for (const allocation of contents.tables.allocations.all()) {
    if (!isTerminalAllocation(allocation))
      tables.allocations.restore(Object.assign(draftOf(allocation), { AllocModifyIndex: index }));
    if (++rows % rowsAtOnce === 0) yield;
  }
  for (const name of tableNames) tables[name].touch(index);
  return { ...contents, index, tables };
}

/** What a log entry came to. */
export interface Applied {
  readonly index: LogIndex;
  readonly result: CommandResult;
  readonly changes: readonly Change[];
}

/**
 * Everything that is known about the cluster: the fold of the log. It reads no clock and asks nobody, so that
 * every server that applied the same entries holds the same. Applying returns the changes; whoever cares reads them.
 */
export class State {
  #tables = emptyTables();
  readonly #watches = new Watches();
  #times = new TimeTable();
  #index: LogIndex = 0;
  /** The view at the present index, once somebody asked for it. */
  #view: StateView | undefined;
  /** The tables of the last view. */
  #shown: TableSet | undefined;

  /**
   * Applies one committed entry; an entry without data changes nothing but the index. Whoever watched what it
   * changed is called before this returns. Throws if the entry cannot be read or breaks an invariant: a server
   * must not go on after that. `decoded` is what the data says, where that is known.
   */
  apply(entry: { readonly index: LogIndex; readonly data: Uint8Array; readonly decoded?: DecodedCommand }): Applied {
    assert(entry.index > this.#index, `entries apply in order: ${entry.index} after ${this.#index}`);
    const write = new TableWrites(this.#tables, entry.index);
    const { data, decoded } = entry;
    const result = data.length === 0 ? done : this.#execute(write, decoded ?? decodeCommand(data));
    const changes = write.changes();
    this.#index = entry.index;
    this.#view = undefined;
    this.#watches.wake(changes);
    return { index: entry.index, result, changes };
  }

  /** A read-only view at the present index: free to take, stable for as long as it is held. */
  view(): StateView {
    if (this.#view === undefined) {
      this.#shown = tablesToShow(this.#tables, this.#shown);
      this.#view = new StateAt(this.#index, this.#shown, this.#times);
    }
    return this.#view;
  }

  /**
   * Calls back once, after the first commit that touches anything `reads` noted; calling the result cancels that.
   * Commits between the taking of the view and this call are not seen: do not wait in between.
   */
  watch(reads: ReadSet, changed: () => void): () => void {
    return this.#watches.add(reads, changed);
  }

  /**
   * Puts what a snapshot held in the place of everything, its index too, which may be an earlier one. Views that are
   * held stay as they were. Whoever watches anything is called before this returns: all of it may have changed.
   */
  replaceWith({ index, tables, times }: Omit<StateContents, "ahead">): void {
    this.#tables = cloneTables(tables);
    this.#shown = undefined;
    this.#index = index;
    this.#times = times;
    this.#view = undefined;
    this.#watches.wakeAll();
  }

  #execute(write: TableWrites, { command, request, context }: DecodedCommand): CommandResult {
    const result = command.apply(write, request, context);
    assert(result.ok || write.changes().length === 0, `a refused command changes nothing: "${command.name}"`);
    this.#times = this.#times.witnessing(write.index, context.at);
    return result;
  }
}
