import { InvalidDuration, parseGoDuration } from "../../base/index.ts";
import { fixed, type HCLFunction } from "../evaluation/function.ts";
import { Unusable } from "../evaluation/value.ts";

const rfc3339 =
  /^([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]+)?(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))$/;
const days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const months = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

/** Functions of times, which are texts of RFC 3339: `2030-01-31T12:00:00Z`. */
export const dateFunctions: Readonly<Record<string, HCLFunction>> = {
  formatdate: fixed(["string", "string"], ([format, text]) => formatted(format, timeIn(text, 1))),
  timeadd: fixed(["string", "string"], ([text, duration]) => {
    const { milliseconds, offsetMinutes } = timeIn(text, 0);
    return rfc3339Text(milliseconds + nanosecondsIn(duration) / 1e6, offsetMinutes);
  }),
};

interface Time {
  /** Since 1970, in UTC. */
  readonly milliseconds: number;
  readonly offsetMinutes: number;
}

function timeIn(text: string, parameter: number): Time {
  const [whole, ...parts] = rfc3339.exec(text) ?? [];
  const [year, month, day, hour, minute, second] = parts.map(Number) as number[];
  const offsetMinutes = (parts[6] === "-" ? -1 : 1) * (Number(parts[7] ?? 0) * 60 + Number(parts[8] ?? 0));
  const milliseconds = Date.UTC(year!, month! - 1, day, hour, minute, second) - offsetMinutes * 60_000;
  const isReal = whole !== undefined && new Date(Date.UTC(year!, month! - 1, day)).getUTCDate() === day;
  if (!isReal || hour! > 23 || minute! > 59 || second! > 59) {
    throw new Unusable(`a time such as 2030-01-31T12:00:00Z is required, not "${text.slice(0, 60)}"`, { parameter });
  }
  return { milliseconds, offsetMinutes };
}

function nanosecondsIn(duration: string): number {
  try {
    return parseGoDuration(duration);
  } catch (error) {
    if (error instanceof InvalidDuration) throw new Unusable(error.message, { parameter: 1 });
    throw error;
  }
}

function rfc3339Text(milliseconds: number, offsetMinutes: number): string {
  const shifted = new Date(milliseconds + offsetMinutes * 60_000);
  if (Number.isNaN(shifted.getTime())) throw new Unusable("the time is too far away");
  return shifted.toISOString().slice(0, 19) + zone(offsetMinutes, ":", "Z");
}

function zone(offsetMinutes: number, colon: string, utc: string): string {
  if (offsetMinutes === 0) return utc;
  const size = Math.abs(offsetMinutes);
  return `${offsetMinutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}${colon}${two(size % 60)}`;
}

/** Runs of one letter are parts of the time, what is in single quotes is text. */
function formatted(format: string, { milliseconds, offsetMinutes }: Time): string {
  const date = new Date(milliseconds + offsetMinutes * 60_000);
  const hour = date.getUTCHours();
  const parts: Readonly<Record<string, string>> = {
    YYYY: String(date.getUTCFullYear()).padStart(4, "0"),
    YY: two(date.getUTCFullYear() % 100),
    MMMM: months[date.getUTCMonth()]!,
    MMM: months[date.getUTCMonth()]!.slice(0, 3),
    MM: two(date.getUTCMonth() + 1),
    M: String(date.getUTCMonth() + 1),
    DD: two(date.getUTCDate()),
    D: String(date.getUTCDate()),
    EEEE: days[date.getUTCDay()]!,
    EEE: days[date.getUTCDay()]!.slice(0, 3),
    hh: two(hour),
    h: String(hour),
    HH: two(hour % 12 || 12),
    H: String(hour % 12 || 12),
    AA: hour < 12 ? "AM" : "PM",
    aa: hour < 12 ? "am" : "pm",
    mm: two(date.getUTCMinutes()),
    m: String(date.getUTCMinutes()),
    ss: two(date.getUTCSeconds()),
    s: String(date.getUTCSeconds()),
    ZZZZZ: zone(offsetMinutes, ":", "+00:00"),
    ZZZZ: zone(offsetMinutes, "", "+0000"),
    ZZZ: zone(offsetMinutes, "", "UTC"),
    Z: zone(offsetMinutes, ":", "Z"),
  };
  return format.replace(/'((?:[^']|'')*)'|([A-Za-z])\2*|'/g, (run, literal: string | undefined) => {
    if (literal !== undefined) return literal.replaceAll("''", "'");
    const part = Object.hasOwn(parts, run) ? parts[run] : undefined;
    if (part === undefined) throw new Unusable(`"${run}" is no part of a time`, { parameter: 0 });
    return part;
  });
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
