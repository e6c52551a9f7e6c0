/** How Go writes a time that was never set. */
export const zeroTime = "0001-01-01T00:00:00Z";

/** Reads what Go writes as RFC 3339, any offset from UTC, in nanoseconds since the epoch. Undefined if it is none. */
export function parseGoTime(text: string): number | undefined {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?(Z|[+-]\d\d:\d\d)$/.exec(text.slice(0, 100));
  if (match === null) return undefined;
  const milliseconds = Date.parse(`${match[1]}${match[3]}`);
  if (Number.isNaN(milliseconds)) return undefined;
  return milliseconds * 1e6 + Number((match[2] ?? "").padEnd(9, "0"));
}
