import type { DatabaseChange, DatabaseFailureReason, DatabaseLayout, DatabaseRecord } from "../database.ts";

/** What the owner of a database asks of the thread that keeps it; answered in this order. */
export type SqliteRequest =
  | {
      readonly kind: "create";
      readonly path: string;
      readonly layout: DatabaseLayout;
      readonly content: readonly PackedChange[];
    }
  | { readonly kind: "open"; readonly path: string; readonly layout: DatabaseLayout }
  | { readonly kind: "write"; readonly changes: readonly PackedChange[] }
  /** The next records of a table after `after`, as many as fit in a portion. */
  | { readonly kind: "read"; readonly table: string; readonly after: number }
  | { readonly kind: "close" };

/** `result` is a number of bytes undone for "open", packed records for "read", nothing for the others. */
export type SqliteAnswer =
  | { readonly ok: true; readonly result?: unknown }
  | { readonly ok: false; readonly reason: DatabaseFailureReason; readonly message: string };

/** Records cross the border between threads as one piece of memory that is handed over, not copied. */
export type PackedChange =
  | { readonly kind: "put"; readonly table: string; readonly records: Uint8Array<ArrayBuffer> }
  | Extract<DatabaseChange, { kind: "remove" }>;

const HEADER_BYTES = 12;

/** Each record as its key (double), its length and its bytes. */
export function packRecords(records: readonly DatabaseRecord[]): Uint8Array<ArrayBuffer> {
  const size = records.reduce((bytes, { value }) => bytes + HEADER_BYTES + value.length, 0);
  const packed = new Uint8Array(new ArrayBuffer(size));
  const view = new DataView(packed.buffer);
  let offset = 0;
  for (const { key, value } of records) {
    view.setFloat64(offset, key);
    view.setUint32(offset + 8, value.length);
    packed.set(value, offset + HEADER_BYTES);
    offset += HEADER_BYTES + value.length;
  }
  return packed;
}

/** The values are parts of `packed`, not copies. */
export function unpackRecords(packed: Uint8Array): DatabaseRecord[] {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const records: DatabaseRecord[] = [];
  for (let offset = 0; offset < packed.length; ) {
    const start = offset + HEADER_BYTES;
    const end = start + view.getUint32(offset + 8);
    records.push({ key: view.getFloat64(offset), value: packed.subarray(start, end) });
    offset = end;
  }
  return records;
}
