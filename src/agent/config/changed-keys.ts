import { deepEqual } from "../../base/index.ts";
import { keyOfSetting } from "./parse-settings.ts";
import type { Settings } from "./settings.ts";

/** What is taken over while the agent runs. */
const reloadable: ReadonlySet<string> = new Set([
  "log_level",
  "leave_on_interrupt",
  "leave_on_terminate",
  "http_api_response_headers",
  "enable_syslog",
  "syslog_facility",
  "client.meta",
  "client.node_class",
  "client.reserved",
  "consul.auth",
  "consul.timeout",
  "consul.token",
  "telemetry.publish_allocation_metrics",
  "telemetry.publish_node_metrics",
  "telemetry.statsd_address",
  "telemetry.statsite_address",
  "telemetry.prometheus_metrics",
  "telemetry.disable_hostname",
  "telemetry.use_node_name",
  "telemetry.prefix_filter",
  "telemetry.filter_default",
]);

/** Of what else the settings know: the program itself, and where they came from. */
const notWritten: ReadonlySet<string> = new Set(["Files", "Version", "VersionPrerelease", "Revision", "DevMode"]);

export interface ChangedKeys {
  /** Those that are taken over at once, as configuration files write them. */
  readonly reloaded: readonly string[];
  /** Those for which the agent must be started again. */
  readonly needRestart: readonly string[];
}

/** Which keys two settings differ in, by name alone: values may be secrets. */
export function changedKeys(before: Settings, after: Settings): ChangedKeys {
  const all = [...new Set(changesIn([], before, after))].sort();
  return {
    reloaded: all.filter((key) => reloadable.has(key)),
    needRestart: all.filter((key) => !reloadable.has(key)),
  };
}

function* changesIn(path: readonly string[], before: object, after: object): Iterable<string> {
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (path.length === 0 && notWritten.has(name)) continue;
    const [was, is] = [before[name as keyof typeof before] as unknown, after[name as keyof typeof after] as unknown];
    if (deepEqual(was, is)) continue;
    const key = keyOfSetting([...path, name]);
    if (key !== undefined) yield key;
    else if (isBlock(was) && isBlock(is)) yield* changesIn([...path, name], was, is);
  }
}

function isBlock(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
