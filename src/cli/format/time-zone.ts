import type { ZoneAt } from "./times.ts";

/**
 * The short names of a time zone as the host's zone file (TZif, RFC 8536) tells them: `CET`, `EST`. The platform
 * knows the offsets, but not these names. `offsetAt` is the platform's offset in seconds; a moment after the file's last
 * change of clocks takes the newest name that has this offset. Undefined when the bytes are no zone file.
 */
export function zoneFromFile(bytes: Uint8Array, offsetAt: (secondsSinceEpoch: number) => number): ZoneAt | undefined {
  const changes = clockChanges(bytes);
  if (changes === undefined) return undefined;
  return (seconds) => {
    const offsetSeconds = offsetAt(seconds);
    const latest = changes.findLast(({ from, offset }) => from <= seconds && offset === offsetSeconds);
    const any = latest ?? changes.find(({ offset }) => offset === offsetSeconds);
    return { offsetSeconds, abbreviation: any?.abbreviation ?? numericName(offsetSeconds) };
  };
}

interface ClockChange {
  readonly from: number;
  readonly offset: number;
  readonly abbreviation: string;
}

const headerLength = 44;

/** Every change of clocks in the file, oldest first, led by what held before the first. */
function clockChanges(bytes: Uint8Array): readonly ClockChange[] | undefined {
  const first = blockAt(bytes, 0, 4);
  if (first === undefined) return undefined;
  const block = bytes[4]! >= 0x32 ? blockAt(bytes, first.end, 8) : first;
  if (block === undefined) return undefined;
  const { start, transitions, types, names } = block;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const indexesAt = start + transitions * block.timeSize;
  const typesAt = indexesAt + transitions;
  const namesAt = typesAt + types * 6;

  const change = (from: number, type: number): ClockChange => {
    const at = typesAt + type * 6;
    const nameAt = namesAt + bytes[at + 5]!;
    const nameEnd = bytes.indexOf(0, nameAt);
    const name = bytes.subarray(nameAt, Math.min(nameEnd < 0 ? nameAt : nameEnd, namesAt + names));
    return { from, offset: view.getInt32(at), abbreviation: Buffer.from(name).toString("latin1") };
  };
  const timeAt = (at: number): number =>
    block.timeSize === 8 ? Number(view.getBigInt64(start + at * 8)) : view.getInt32(start + at * 4);

  const found = Array.from({ length: types }, (_, type) => change(Number.NEGATIVE_INFINITY, type));
  for (let at = 0; at < transitions; at++) {
    const type = bytes[indexesAt + at]!;
    if (type < types) found.push(change(timeAt(at), type));
  }
  return found;
}

/** Where the parts of a data block lie; undefined unless all of it is there. */
function blockAt(bytes: Uint8Array, at: number, timeSize: 4 | 8) {
  if (bytes.length < at + headerLength || Buffer.from(bytes.subarray(at, at + 4)).toString("latin1") !== "TZif") {
    return undefined;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [utcFlags, standardFlags, leaps, transitions, types, names] = [20, 24, 28, 32, 36, 40].map((offset) =>
    view.getUint32(at + offset),
  ) as [number, number, number, number, number, number];
  const start = at + headerLength;
  const end =
    start + transitions * (timeSize + 1) + types * 6 + names + leaps * (timeSize + 4) + standardFlags + utcFlags;
  if (end > bytes.length || types === 0) return undefined;
  return { start, end, timeSize, transitions, types, names };
}

/** `+0530`: how a zone without a name is written. */
function numericName(offsetSeconds: number): string {
  if (offsetSeconds === 0) return "UTC";
  const minutes = Math.floor(Math.abs(offsetSeconds) / 60);
  const digits = [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, "0")).join("");
  return `${offsetSeconds < 0 ? "-" : "+"}${digits}`;
}
