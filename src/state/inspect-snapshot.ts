import { restoreSnapshot } from "./restore-snapshot.ts";
import { tableNames } from "./tables.ts";
import type { TableName } from "./view.ts";

/** What a snapshot holds of one table. */
export interface TableSize {
  readonly table: TableName;
  readonly rows: number;
  readonly bytes: number;
}

/** How much a snapshot holds of each table. Reads all of it, and throws `UnreadableSnapshot` as `restoreSnapshot` does. */
export async function inspectSnapshot(pieces: AsyncIterable<Uint8Array>): Promise<readonly TableSize[]> {
  const sizes = new Map(tableNames.map((table) => [table, { table, rows: 0, bytes: 0 }]));
  await restoreSnapshot(pieces, (table, bytes) => {
    const size = sizes.get(table)!;
    size.rows++;
    size.bytes += bytes;
  });
  return [...sizes.values()];
}
