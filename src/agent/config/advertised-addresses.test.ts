import assert from "node:assert/strict";
import { test } from "node:test";
import { UnknownHost, withAddresses } from "./advertised-addresses.ts";
import { mergeSettings } from "./merge-settings.ts";
import { defaultSettings, type Settings } from "./settings.ts";

const known: Readonly<Record<string, readonly string[]>> = {
  both: ["fd00::1", "10.0.0.1"],
  six: ["fd00::2"],
  "10.0.0.9": ["10.0.0.9"],
  "fd00::9": ["fd00::9"],
};
const names = { addressesOf: async (host: string) => known[host] ?? [] };

const resolved = async (AdvertiseAddrs: Partial<Settings["AdvertiseAddrs"]>) =>
  (await withAddresses(mergeSettings(defaultSettings, { AdvertiseAddrs }), names)).AdvertiseAddrs;

test("what is advertised by name is told as an address, of IPv4 if there is one", async () => {
  assert.deepEqual(await resolved({ HTTP: "both:1", RPC: "six:2", Serf: "10.0.0.9:3" }), {
    HTTP: "10.0.0.1:1",
    RPC: "[fd00::2]:2",
    Serf: "10.0.0.9:3",
  });
  assert.deepEqual(await resolved({ HTTP: "[fd00::9]:1" }), { HTTP: "[fd00::9]:1", RPC: "", Serf: "" });
});

test("a name that nobody knows keeps the agent from starting, in the words of 0.4.1", async () => {
  const failing = (addresses: Partial<Settings["AdvertiseAddrs"]>, message: string) =>
    assert.rejects(resolved(addresses), new UnknownHost(message));
  await failing({ HTTP: "x:4646" }, 'error resolving HTTP addr "x:4646": lookup x: no such host');
  await failing({ RPC: "x:1" }, "error resolving rpc advertise address: lookup x: no such host");
  await failing({ Serf: "x:1" }, "error resolving serf advertise address: lookup x: no such host");
});
