import { crc32 } from "node:zlib";
import type * as z from "zod";
import { allocation } from "../../model/index.ts";
import { decodeMsgpack, encodeMsgpack, flag, struct, text } from "../../wire/index.ts";
import { taskRecord } from "./task-record.ts";

const checksumBytes = 4;

/** An allocation as the servers last described it, with its job. */
export const allocationRow = struct({ allocation, isCollected: flag });
/** One of an allocation's tasks. */
export const taskRow = struct({ allocationID: text, task: text, record: taskRecord });
/** What of an allocation the servers have last confirmed to know, as a digest. */
export const reportRow = struct({ allocationID: text, digest: text });

/** A record is not what was written. */
export class DamagedRecord extends Error {
  override readonly name = "DamagedRecord";
}

/** A record as it is kept: a checksum of what follows, and the value in msgpack. */
export function sealed(value: unknown): Uint8Array {
  const body = encodeMsgpack(value);
  const bytes = Buffer.allocUnsafeSlow(checksumBytes + body.length);
  bytes.writeUInt32BE(crc32(body));
  bytes.set(body, checksumBytes);
  return bytes;
}

/** Reads what `sealed` made. Throws `DamagedRecord`. */
export function unsealed<Row extends z.ZodType>(row: Row, bytes: Uint8Array): z.output<Row> {
  const body = bytes.subarray(checksumBytes);
  const isWhole = bytes.length > checksumBytes && Buffer.from(bytes).readUInt32BE(0) === crc32(body);
  if (!isWhole) throw new DamagedRecord("its checksum does not fit");
  try {
    return row.parse(decodeMsgpack(body));
  } catch (cause) {
    throw new DamagedRecord(`it cannot be read: ${String(cause)}`, { cause });
  }
}
