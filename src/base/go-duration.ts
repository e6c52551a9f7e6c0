import { type Duration, nanoseconds } from "./instant.ts";

const unitNanoseconds: ReadonlyMap<string, bigint> = new Map([
  ["ns", 1n],
  ["us", 1_000n],
  ["\u00b5s", 1_000n],
  ["\u03bcs", 1_000n],
  ["ms", 1_000_000n],
  ["s", 1_000_000_000n],
  ["m", 60_000_000_000n],
  ["h", 3_600_000_000_000n],
]);
const largestInt64 = 2n ** 63n - 1n;
/** More digits than an int64 of nanoseconds can use; a longer text is no duration but an attack on BigInt. */
const longestText = 100;

/** A text is not a duration as Go writes them; the message is the one Go's `time.ParseDuration` gives. */
export class InvalidDuration extends Error {
  override readonly name = "InvalidDuration";
}

/**
 * Reads a duration as Go's `time.ParseDuration` does: signed decimal numbers, each with a unit (ns us µs ms s m h),
 * such as `300ms`, `-1.5h` or `1m30s`; `0` needs no unit. What is finer than a nanosecond is cut off.
 * Throws `InvalidDuration`.
 */
export function parseGoDuration(text: string): Duration {
  const signless = /^[+-]/.test(text) ? text.slice(1) : text;
  if (signless === "0") return nanoseconds(0);
  if (signless === "" || text.length > longestText) throw invalid(text);
  const total = sumOfParts(signless, text);
  if (total > largestInt64) throw invalid(text);
  return nanoseconds(Number(text.startsWith("-") ? -total : total));
}

function sumOfParts(parts: string, text: string): bigint {
  let total = 0n;
  let rest = parts;
  while (rest !== "") {
    const [part, whole = "", fraction = "", unit = ""] = /^([0-9]*)(?:\.([0-9]*))?([^0-9.]*)/.exec(rest) ?? [""];
    if (whole === "" && fraction === "") throw invalid(text);
    if (unit === "") throw new InvalidDuration(`time: missing unit in duration ${quoted(text)}`);
    const size = unitNanoseconds.get(unit);
    if (size === undefined) throw new InvalidDuration(`time: unknown unit ${quoted(unit)} in duration ${quoted(text)}`);
    total += BigInt(whole || "0") * size + (BigInt(fraction || "0") * size) / 10n ** BigInt(fraction.length);
    rest = rest.slice(part.length);
  }
  return total;
}

/**
 * Writes a duration as Go prints it: `0s`, `24.607µs`, `400.477798ms`, `1m30s`, `168h0m0s`.
 * Below a second the largest unit that leaves a non-zero whole number is used; from a second on, hours to seconds.
 */
export function formatGoDuration(time: Duration): string {
  if (time < 0) return `-${formatGoDuration(nanoseconds(-time))}`;
  if (time === 0) return "0s";
  if (time < 1e3) return `${time}ns`;
  if (time < 1e6) return `${decimal(time, 3)}\u00b5s`;
  if (time < 1e9) return `${decimal(time, 6)}ms`;
  const seconds = `${decimal(time % 60e9, 9)}s`;
  const minutes = Math.floor(time / 60e9);
  if (minutes === 0) return seconds;
  if (minutes < 60) return `${minutes}m${seconds}`;
  return `${Math.floor(minutes / 60)}h${minutes % 60}m${seconds}`;
}

/** `value` divided by ten to the power of `places`, without trailing zeros. */
function decimal(value: number, places: number): string {
  const digits = String(Math.trunc(value)).padStart(places + 1, "0");
  const fraction = digits.slice(-places).replace(/0+$/, "");
  const whole = digits.slice(0, -places);
  return fraction === "" ? whole : `${whole}.${fraction}`;
}

function invalid(text: string): InvalidDuration {
  return new InvalidDuration(`time: invalid duration ${quoted(text)}`);
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, longestText));
}
