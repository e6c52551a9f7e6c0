import { type Duration, formatGoDuration, nanoseconds } from "../../base/index.ts";

/** What a time zone says at some moment: how far it is ahead of UTC, and its short name there. */
export interface ZoneOffset {
  readonly offsetSeconds: number;
  readonly abbreviation: string;
}
export type ZoneAt = (secondsSinceEpoch: number) => ZoneOffset;

export const utc: ZoneAt = () => ({ offsetSeconds: 0, abbreviation: "UTC" });

/** A moment in nanoseconds since the epoch as `11/22/26 09:03:04 UTC`, in the given zone. */
export function timestamp(nanosecondsSinceEpoch: number, zoneAt: ZoneAt): string {
  const seconds = Math.floor(nanosecondsSinceEpoch / 1e9);
  const { offsetSeconds, abbreviation } = zoneAt(seconds);
  const [date = "", time = ""] = new Date((seconds + offsetSeconds) * 1000).toISOString().split(/[T.]/);
  const [year = "", month, day] = date.split("-");
  return `${month}/${day}/${year.slice(-2)} ${time} ${abbreviation}`;
}

/** The moment that an RFC 3339 text names, in nanoseconds since the epoch; Go's zero time reads as undefined. */
export function nanosecondsOf(rfc3339: string | null): number | undefined {
  if (rfc3339 === null || rfc3339.startsWith("0001-01-01T00:00:00")) return undefined;
  const milliseconds = Date.parse(rfc3339);
  return Number.isNaN(milliseconds) ? undefined : milliseconds * 1e6;
}

/** A duration with what is finer than a second cut off, as people want to read it. */
export function wholeSeconds(time: Duration): string {
  return formatGoDuration(nanoseconds(Math.trunc(time / 1e9) * 1e9));
}
