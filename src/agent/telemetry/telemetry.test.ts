import assert from "node:assert/strict";
import { test } from "node:test";
import { nodeRuntime } from "../../runtime/node/index.ts";
import { mergeSettings } from "../config/merge-settings.ts";
import { parseSettings } from "../config/parse-settings.ts";
import { defaultSettings } from "../config/settings.ts";
import { Telemetry } from "./telemetry.ts";

const settingsOf = (text: string) =>
  mergeSettings(defaultSettings, parseSettings(`telemetry { ${text} }`, "a.hcl")).Telemetry;

/** What an agent with these settings counts once, as its JSON shows it: names and labels. */
async function shownWith(text: string, then?: string) {
  const runtime = nodeRuntime({ logLevel: "ERR", writeLog: () => {} });
  await using telemetry = new Telemetry(runtime, { machine: "vm", node: "web-1" }, settingsOf(text));
  if (then !== undefined) await telemetry.take(settingsOf(then));
  runtime.metrics.count(["raft", "apply"]);
  runtime.metrics.count(["raft", "barrier"]);
  const { Counters } = await telemetry.facts().summary();
  return Counters.map(({ Name, Labels }) => [Name, Labels.host]);
}

test("figures are told from those of others by the machine's name, the agent's own or none", async () => {
  const both = (host: string | undefined) => [
    ["nomad.raft.apply", host],
    ["nomad.raft.barrier", host],
  ];
  assert.deepEqual(await shownWith(""), both("vm"));
  assert.deepEqual(await shownWith("disable_hostname = true"), both(undefined));
  assert.deepEqual(await shownWith("use_node_name = true"), both("web-1"));
  assert.deepEqual(await shownWith("use_node_name = true disable_hostname = true"), both("web-1"));
});

test("only names that the filter lets pass are shown, also when it comes while the agent runs", async () => {
  const apply = [["nomad.raft.apply", "vm"]];
  const hiding = 'prefix_filter = ["-nomad.raft", "+nomad.raft.apply"]';
  assert.deepEqual(await shownWith(hiding), apply);
  assert.deepEqual(await shownWith("", hiding), apply);
  assert.deepEqual(await shownWith('prefix_filter = ["+nomad.raft.apply"] filter_default = false'), apply);
  assert.equal((await shownWith(hiding, "")).length, 2);
});
