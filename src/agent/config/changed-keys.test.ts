import assert from "node:assert/strict";
import { test } from "node:test";
import { changedKeys } from "./changed-keys.ts";
import { mergeSettings } from "./merge-settings.ts";
import { parseSettings } from "./parse-settings.ts";
import { defaultSettings, type Settings } from "./settings.ts";

/** Not from files: the program itself, and where settings came from. */
const notWritten = ["DevMode", "Files", "Version", "VersionPrerelease", "Revision"];

test("what is changed is named as files write it, and said to be taken over or not", () => {
  const text = `
    log_level = "WARN"
    telemetry { statsite_address = "a:1" }
    compat { agent_members = "object" }
    ports { http = 1 }
    client { reserved { cpu = 1 } }
    server { default_scheduler_config { scheduler_algorithm = "spread" } }`;
  const after = mergeSettings(defaultSettings, parseSettings(text, "a.hcl"));
  assert.deepEqual(changedKeys(defaultSettings, after), {
    reloaded: ["client.reserved", "log_level", "telemetry.statsite_address"],
    needRestart: ["compat.agent_members", "ports.http", "server.default_scheduler_config"],
  });
  assert.deepEqual(changedKeys(after, after), { reloaded: [], needRestart: [] });
});

test("no change of a setting goes unnamed", () => {
  const silent = Object.keys(defaultSettings).filter((name) => {
    const changed = { ...defaultSettings, [name]: otherwise(defaultSettings[name as keyof Settings]) } as Settings;
    const { reloaded, needRestart } = changedKeys(defaultSettings, changed);
    return reloaded.length + needRestart.length === 0;
  });
  assert.deepEqual(silent.sort(), [...notWritten].sort());
});

/** The same shape with other values. */
function otherwise(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "other";
  const fields = Object.entries(value).map(([name, its]) => [name, otherwise(its)] as const);
  return fields.length === 0 ? { other: "other" } : Object.fromEntries(fields);
}
