import { join } from "node:path/posix";
import type * as z from "zod";
import { DatabaseFailure, type Databases, type Log, type Runtime } from "../../runtime/index.ts";
import { ClientState, type LoadedState, rowName, type StateTable, stateLayout } from "./client-state.ts";
import { allocationRow, DamagedRecord, reportRow, taskRow, unsealed } from "./state-records.ts";
import { StateWriter } from "./state-writer.ts";
import type { TaskRecord } from "./task-record.ts";

/** The file below the state directory that holds what is known of allocations. */
export const stateFile = "state.db";

/** A client's world: it keeps its state in a database. */
export type ClientRuntime = Runtime & { readonly databases: Databases };

/**
 * Opens what an earlier agent kept in `directory`, or begins it. In dev mode nothing is kept.
 *
 * A database that is damaged or none of ours is set aside, a damaged record is left out, and either is said: what they
 * told of runs is found out by the directories of the runs. Where the disk is full or broken the client goes on without
 * a memory. Rejects only when another agent uses the same directory, which would run every task twice.
 */
export async function openClientState(
  runtime: ClientRuntime,
  directory: string,
  options: { readonly dev: boolean },
): Promise<ClientState> {
  if (options.dev) return new ClientState();
  const path = join(directory, stateFile);
  const log = runtime.log.named("client");
  try {
    return await openedOrNew(runtime, path, log, { hasLost: false });
  } catch (error) {
    if (!(error instanceof DatabaseFailure)) throw error;
    if (error.reason === "locked") {
      throw new Error(`${error.message}; does another agent run with the same data_dir?`, { cause: error });
    }
    if (error.reason === "full" || error.reason === "broken") return withoutMemory(log, error);
    return begunAnew(runtime, path, log, error);
  }
}

async function begunAnew(runtime: ClientRuntime, path: string, log: Log, found: DatabaseFailure): Promise<ClientState> {
  const aside = `${path}.damaged-${runtime.random.uuid().slice(0, 8)}`;
  log.error("the state of tasks is damaged and set aside; what runs is found by the directories of the runs", {
    file: path,
    setAside: aside,
    reason: found.message,
  });
  try {
    await runtime.databases.setAside(path, aside);
    return await openedOrNew(runtime, path, log, { hasLost: true });
  } catch (error) {
    return withoutMemory(log, error);
  }
}

function withoutMemory(log: Log, error: unknown): ClientState {
  log.error("the state of tasks cannot be kept, tasks go on", { reason: String(error) });
  return new ClientState(undefined, { stored: [], keys: new Map(), nextKey: 1, hasLost: true });
}

async function openedOrNew(
  { databases, clock }: ClientRuntime,
  path: string,
  log: Log,
  { hasLost }: { readonly hasLost: boolean },
): Promise<ClientState> {
  if (!(await databases.exists(path))) await databases.create(path, stateLayout);
  const database = await databases.open(path, stateLayout, (bytes) =>
    log.warn("dropped a write that was cut short before it was confirmed", { file: path, bytes }),
  );
  try {
    const rows = new Rows(log, path);
    const allocations = await rows.read(database.read("allocations"), "allocations", allocationRow);
    const tasks = await rows.read(database.read("tasks"), "tasks", taskRow);
    const reports = await rows.read(database.read("reports"), "reports", reportRow);
    const writer = new StateWriter(database, clock, log);
    for (const { table, key } of rows.damaged) void writer.remove(table, key);
    const loaded = joined(rows.nextKey, allocations, tasks, reports);
    return new ClientState(writer, { ...loaded, hasLost: hasLost || rows.damaged.length > 0 });
  } catch (error) {
    await database.close().catch(() => undefined);
    throw error;
  }
}

type Keyed<Row> = ReadonlyMap<number, Row>;

/** Reads the rows of all tables; those that are damaged are told, and left out. */
class Rows {
  readonly damaged: { readonly table: StateTable; readonly key: number }[] = [];
  nextKey = 1;
  readonly #log: Log;
  readonly #path: string;

  constructor(log: Log, path: string) {
    this.#log = log;
    this.#path = path;
  }

  async read<Row extends z.ZodType>(
    portions: AsyncIterable<readonly { readonly key: number; readonly value: Uint8Array }[]>,
    table: StateTable,
    row: Row,
  ): Promise<Keyed<z.output<Row>>> {
    const found = new Map<number, z.output<Row>>();
    for await (const records of portions) {
      for (const { key, value } of records) {
        this.nextKey = Math.max(this.nextKey, key + 1);
        try {
          found.set(key, unsealed(row, value));
        } catch (error) {
          if (!(error instanceof DamagedRecord)) throw error;
          this.damaged.push({ table, key });
          this.#log.error("a record of the state of tasks is damaged and left out", {
            file: this.#path,
            table,
            record: key,
            reason: error.message,
          });
        }
      }
    }
    return found;
  }
}

function joined(
  nextKey: number,
  allocations: Keyed<z.output<typeof allocationRow>>,
  tasks: Keyed<z.output<typeof taskRow>>,
  reports: Keyed<z.output<typeof reportRow>>,
): Omit<LoadedState, "hasLost"> {
  const keys = new Map<string, number>();
  const tasksOf = new Map<string, Map<string, TaskRecord>>();
  for (const [key, { allocationID, task, record }] of tasks) {
    keys.set(rowName("tasks", allocationID, task), key);
    const own = tasksOf.get(allocationID) ?? new Map<string, TaskRecord>();
    tasksOf.set(allocationID, own.set(task, record));
  }
  const digests = new Map<string, string>();
  for (const [key, { allocationID, digest }] of reports) {
    keys.set(rowName("reports", allocationID), key);
    digests.set(allocationID, digest);
  }
  for (const [key, { allocation }] of allocations) keys.set(rowName("allocations", allocation.ID), key);
  const stored = [...allocations.values()].map(({ allocation, isCollected }) => ({
    allocation,
    isCollected,
    tasks: tasksOf.get(allocation.ID) ?? new Map<string, TaskRecord>(),
    reported: digests.get(allocation.ID),
  }));
  return { stored, keys, nextKey };
}
