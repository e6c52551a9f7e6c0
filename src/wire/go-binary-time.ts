import { formatRfc3339, instantOf } from "../base/index.ts";
import { parseGoTime, zeroTime } from "./go-time.ts";

/** Seconds from the year 1, where Go counts from, to the epoch. */
const secondsToEpoch = 62_135_596_800n;
/** The years 1 to 9999, in seconds since the epoch: what RFC 3339 can say. */
const firstSecond = -62_135_596_800;
const lastSecond = 253_402_300_799;
const length = 15;
const version = 1;
const utc = -1;

/**
 * A point in time as Go's `MarshalBinary` has it, and msgpack carries it as raw bytes: version, int64 seconds since
 * the year 1, int32 nanoseconds, int16 offset in minutes (-1 for UTC). `null` and what is no time become Go's zero.
 */
export function encodeGoTime(time: string | null): Uint8Array {
  const nanoseconds = time === null || time === zeroTime ? undefined : parseGoTime(time);
  const bytes = Buffer.alloc(length);
  bytes[0] = version;
  bytes.writeInt16BE(utc, 13);
  if (nanoseconds === undefined) return bytes;
  const seconds = Math.floor(nanoseconds / 1e9);
  bytes.writeBigInt64BE(BigInt(seconds) + secondsToEpoch, 1);
  bytes.writeInt32BE(nanoseconds - seconds * 1e9, 9);
  return bytes;
}

/** The same as RFC 3339 text in UTC. Undefined if the bytes are no such time, or one outside of the years 1 to 9999. */
export function decodeGoTime(bytes: Uint8Array): string | undefined {
  if (bytes.length !== length || bytes[0] !== version) return undefined;
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, length);
  const seconds = view.readBigInt64BE(1);
  const nanoseconds = view.readInt32BE(9);
  if (nanoseconds < 0 || nanoseconds >= 1e9) return undefined;
  if (seconds === 0n && nanoseconds === 0) return zeroTime;
  const sinceEpoch = Number(seconds - secondsToEpoch);
  if (sinceEpoch < firstSecond || sinceEpoch > lastSecond) return undefined;
  return formatRfc3339(instantOf(sinceEpoch * 1e9 + nanoseconds));
}
