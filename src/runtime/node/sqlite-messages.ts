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
/** For a portion of small records, so that it need not grow. */
const ROOM_BYTES = 1280 * 1024;

/** Each record as its key (double), its length and its bytes; those of all changes are in one piece of memory. */
export function packChanges(changes: readonly DatabaseChange[]): readonly PackedChange[] {
  const packer = new RecordPacker(changes.reduce((bytes, change) => bytes + packedBytes(change), 0));
  for (const change of changes) {
    if (change.kind === "put") for (const { key, value } of change.records) packer.add(key, value);
  }
  const packed = packer.take();
  let start = 0;
  return changes.map((change) => {
    if (change.kind === "remove") return change;
    const records = packed.subarray(start, start + packedBytes(change));
    start += records.length;
    return { kind: "put", table: change.table, records };
  });
}

function packedBytes(change: DatabaseChange): number {
  if (change.kind === "remove") return 0;
  return change.records.reduce((bytes, { value }) => bytes + HEADER_BYTES + value.length, 0);
}

/** Packs records one by one, where their number is not known before. */
export class RecordPacker {
  #packed: Buffer<ArrayBuffer>;
  #length = 0;

  constructor(roomBytes = ROOM_BYTES) {
    this.#packed = Buffer.allocUnsafeSlow(roomBytes);
  }

  /** In bytes. */
  get length(): number {
    return this.#length;
  }

  add(key: number, value: Uint8Array): void {
    const end = this.#length + HEADER_BYTES + value.length;
    if (end > this.#packed.length) this.#grow(end);
    this.#packed.writeDoubleBE(key, this.#length);
    this.#packed.writeUInt32BE(value.length, this.#length + 8);
    this.#packed.set(value, this.#length + HEADER_BYTES);
    this.#length = end;
  }

  take(): Uint8Array<ArrayBuffer> {
    return this.#packed.subarray(0, this.#length);
  }

  #grow(least: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(least, 2 * this.#packed.length));
    grown.set(this.#packed.subarray(0, this.#length));
    this.#packed = grown;
  }
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
