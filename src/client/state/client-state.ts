import { createHash } from "node:crypto";
import type { Allocation, AllocationID } from "../../model/index.ts";
import { encodeMsgpack } from "../../wire/index.ts";
import type { AllocationReport } from "../status-reports.ts";
import { sealed } from "./state-records.ts";
import type { StateWriter } from "./state-writer.ts";
import type { TaskRecord } from "./task-record.ts";

/** Allocations, their tasks, and what the servers know of them. Format 1. */
export const stateLayout = { format: 1, tables: ["allocations", "tasks", "reports"] } as const;
export type StateTable = (typeof stateLayout.tables)[number];

/** What an earlier agent kept of an allocation. */
export interface StoredAllocation {
  readonly allocation: Allocation;
  /** By the names of the tasks; one that never began has none. */
  readonly tasks: ReadonlyMap<string, TaskRecord>;
  /** The report that the servers confirmed last, as `reportDigest` has it. */
  readonly reported: string | undefined;
  /** Nothing else is left of it: it is not to be run again. */
  readonly isCollected: boolean;
}

/** What was found in a database, with the keys under which it is there. */
export interface LoadedState {
  readonly stored: readonly StoredAllocation[];
  /** Keys by `rowName`. */
  readonly keys: ReadonlyMap<string, number>;
  /** Above all keys that were ever used. */
  readonly nextKey: number;
  /** Whether something that was kept is not there any more. */
  readonly hasLost: boolean;
}

const nothingStored: LoadedState = { stored: [], keys: new Map(), nextKey: 1, hasLost: false };

/**
 * What a client must know again after its agent was killed at any moment. It is written before it counts: who must not
 * go on before a record is safe waits for it.
 */
export class ClientState {
  readonly stored: readonly StoredAllocation[];
  /** Something that was kept was damaged: of what is not stored, the servers may know more. */
  readonly hasLost: boolean;
  readonly #writer: StateWriter | undefined;
  readonly #keys: Map<string, number>;
  #nextKey: number;

  /** Without a writer nothing is kept, as in dev mode. */
  constructor(writer?: StateWriter, loaded: LoadedState = nothingStored) {
    this.#writer = writer;
    this.stored = loaded.stored;
    this.hasLost = loaded.hasLost;
    this.#keys = new Map(loaded.keys);
    this.#nextKey = loaded.nextKey;
  }

  /** Keeps an allocation as the servers now describe it. Promises resolve as soon as a record is safe; none rejects. */
  putAllocation(allocation: Allocation): Promise<void> {
    return this.#put("allocations", allocation.ID, "", { allocation, isCollected: false });
  }

  /** Keeps only that an allocation was here, and what the servers are to know of it. */
  putCollected(allocation: Allocation): void {
    void this.#put("allocations", allocation.ID, "", { allocation, isCollected: true });
    this.#remove("tasks", allocation.ID);
  }

  putTask(allocationID: AllocationID, task: string, record: TaskRecord): Promise<void> {
    return this.#put("tasks", allocationID, task, { allocationID, task, record });
  }

  /** Keeps that the servers know this of an allocation, if it is one that is kept. */
  putReported(allocationID: AllocationID, report: AllocationReport): void {
    if (!this.#keys.has(rowName("allocations", allocationID))) return;
    void this.#put("reports", allocationID, "", { allocationID, digest: reportDigest(report) });
  }

  /** Forgets an allocation and all of its tasks. */
  removeAllocation(allocationID: AllocationID): void {
    for (const table of stateLayout.tables) this.#remove(table, allocationID);
  }

  async close(): Promise<void> {
    await this.#writer?.close();
  }

  #remove(table: StateTable, allocationID: AllocationID): void {
    const prefix = rowName(table, allocationID);
    for (const [name, key] of this.#keys) {
      if (!name.startsWith(prefix)) continue;
      this.#keys.delete(name);
      void this.#writer?.remove(table, key);
    }
  }

  #put(table: StateTable, allocationID: AllocationID, part: string, row: unknown): Promise<void> {
    if (this.#writer === undefined) return Promise.resolve();
    const name = rowName(table, allocationID, part);
    const key = this.#keys.get(name) ?? this.#nextKey++;
    this.#keys.set(name, key);
    return this.#writer.put(table, key, sealed(row));
  }
}

/** Names a row among all; an allocation's rows of a table have its name as their beginning. */
export function rowName(table: StateTable, allocationID: AllocationID, part = ""): string {
  return `${table}\0${allocationID}\0${part}`;
}

/** The same for reports that say the same. */
export function reportDigest(report: AllocationReport): string {
  return createHash("sha256").update(encodeMsgpack(report)).digest("hex");
}
