import assert from "node:assert/strict";
import { test } from "node:test";
import { mergeSettings } from "./merge-settings.ts";
import { parseSettings } from "./parse-settings.ts";
import { defaultSettings } from "./settings.ts";
import { shownSettings } from "./shown-settings.ts";

const configuration = `
  consul { token = "known-secret-1" auth = "user:known-secret-2" address = "consul:8500" }
  telemetry { circonus_api_token = "known-secret-3" }
  atlas { token = "known-secret-4" }
  server { encrypt = "known-secret-5" }
`;

test("T20: no secret of the configuration is shown, only that it is there", () => {
  const settings = mergeSettings(defaultSettings, parseSettings(configuration, "agent.hcl"));
  const shown = shownSettings(settings);
  assert.doesNotMatch(JSON.stringify(shown), /known-secret/);
  assert.equal(shown.Consul.Token, "<redacted>");
  assert.equal(shown.Server.EncryptKey, "<redacted>");
  assert.equal(shown.Consul.Addr, "consul:8500");
});

test("settings without secrets are shown as they are", () => {
  assert.deepEqual(shownSettings(defaultSettings), defaultSettings);
});
