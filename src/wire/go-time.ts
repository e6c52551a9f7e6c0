/** How Go writes a time that was never set. */
export const zeroTime = "0001-01-01T00:00:00Z";

/**
 * Writes an instant (nanoseconds since the epoch) as Go's RFC 3339 with nanoseconds does, in UTC: trailing zeros of
 * the fraction are left out. `2026-11-22T10:19:09.549434453Z`
 */
export function formatGoTime(nanoseconds: number): string {
  const whole = Math.floor(nanoseconds / 1e9);
  // The remainder is exact: both are multiples of what separates two doubles of this size.
  const fraction = nanoseconds - whole * 1e9;
  const text = new Date(whole * 1000).toISOString().slice(0, -5);
  const digits = String(fraction).padStart(9, "0").replace(/0+$/, "");
  return digits === "" ? `${text}Z` : `${text}.${digits}Z`;
}

/** Reads what Go writes as RFC 3339, any offset from UTC, in nanoseconds since the epoch. Undefined if it is none. */
export function parseGoTime(text: string): number | undefined {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?(Z|[+-]\d\d:\d\d)$/.exec(text.slice(0, 100));
  if (match === null) return undefined;
  const milliseconds = Date.parse(`${match[1]}${match[3]}`);
  if (Number.isNaN(milliseconds)) return undefined;
  return milliseconds * 1e6 + Number((match[2] ?? "").padEnd(9, "0"));
}
