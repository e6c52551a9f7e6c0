import { nanoseconds } from "../base/index.ts";
import { timestamp, utc, wholeSeconds } from "./format/times.ts";

/** A launch to come, in UTC, and how far off it is: `01/01/27 00:00:00 UTC (949h40m2s from now)`. Nanoseconds. */
export function launchText(launch: number | undefined, now: number): string {
  if (launch === undefined) return "never";
  const away = Math.floor(launch / 1e9) - Math.floor(now / 1e9);
  return `${timestamp(launch, utc)} (${wholeSeconds(nanoseconds(away * 1e9))} from now)`;
}
