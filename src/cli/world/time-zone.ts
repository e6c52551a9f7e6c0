import { readFileSync } from "node:fs";
import { zoneFromFile } from "../format/time-zone.ts";
import { utc, type ZoneAt } from "../format/times.ts";

/** The user's time zone: what `TZ` names, else the machine's. Where its file cannot be read, it is UTC. */
export function localTimeZone(named: string | undefined): ZoneAt {
  const path = zoneFile(named);
  if (path === undefined) return utc;
  try {
    return zoneFromFile(readFileSync(path), platformOffset) ?? utc;
  } catch {
    return utc;
  }
}

function zoneFile(named: string | undefined): string | undefined {
  if (named === undefined) return "/etc/localtime";
  const name = named.replace(/^:/, "");
  if (name === "" || name === "UTC" || name.split("/").includes("..")) return undefined;
  return name.startsWith("/") ? name : `/usr/share/zoneinfo/${name}`;
}

function platformOffset(secondsSinceEpoch: number): number {
  return new Date(secondsSinceEpoch * 1000).getTimezoneOffset() * -60;
}
