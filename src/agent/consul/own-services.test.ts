import assert from "node:assert/strict";
import { test } from "node:test";
import { agentConfig } from "../config/agent-config.ts";
import { mergeSettings } from "../config/merge-settings.ts";
import { defaultSettings, devSettings, type PartialSettings } from "../config/settings.ts";
import { ownService } from "./own-services.ts";

const machine = { hostName: "machine", processors: 1 };

function configured(...settings: readonly PartialSettings[]) {
  return agentConfig(mergeSettings(defaultSettings, { DataDir: "/data" }, ...settings), machine).consul;
}

const both: PartialSettings = { Server: { Enabled: true }, Client: { Enabled: true }, BindAddr: "10.0.0.1" };

function registered(...settings: readonly PartialSettings[]) {
  return configured(...settings).advertised.map((service) => ownService(service, {}));
}

test("an agent's own services have the ids, names and checks of 0.4.1", () => {
  assert.deepEqual(
    registered(both).map(({ id, name, tags, address, port, checks }) => [
      ...[id, name, tags.join(), `${address}:${port}`],
      ...checks.flatMap((check) => [check.name, check.how.kind === "http" ? check.how.url : check.how.kind]),
    ]),
    [
      [
        ...["_nomad-server-nomad-http", "nomad", "http", "10.0.0.1:4646"],
        ...["Nomad Server HTTP Check", "http://10.0.0.1:4646/v1/status/peers"],
      ],
      ["_nomad-server-nomad-rpc", "nomad", "rpc", "10.0.0.1:4647", "Nomad Server RPC Check", "tcp"],
      ["_nomad-server-nomad-serf", "nomad", "serf", "10.0.0.1:4648", "Nomad Server Serf Check", "tcp"],
      [
        ...["_nomad-client-nomad-client-http", "nomad-client", "http", "10.0.0.1:4646"],
        ...["Nomad Client HTTP Check", "http://10.0.0.1:4646/v1/agent/servers"],
      ],
    ],
  );
});

test("what is advertised goes before where an agent listens, and who listens everywhere is where its Consul is", () => {
  const elsewhere = { AdvertiseAddrs: { HTTP: "[fd00::7]:80", RPC: "nomad.example:4647" } };
  const [http, rpc] = registered(both, elsewhere);
  assert.deepEqual([http?.address, http?.port, rpc?.address], ["fd00::7", 80, "nomad.example"]);
  assert.equal(http?.checks[0]?.how.kind === "http" && http.checks[0].how.url, "http://[fd00::7]:80/v1/status/peers");
  const [everywhere] = registered(both, { BindAddr: "0.0.0.0" });
  assert.equal(everywhere?.address, "");
  const [check] = everywhere?.checks ?? [];
  assert.equal(check?.how.kind === "http" && check.how.url, "http://127.0.0.1:4646/v1/status/peers");
});

test("names can be chosen, and each part of it switched off", () => {
  const renamed = registered(both, { Consul: { ServerServiceName: "s", ClientServiceName: "c" } });
  assert.deepEqual(
    renamed.map(({ name }) => name),
    ["s", "s", "s", "c"],
  );
  assert.deepEqual(registered(both, { Consul: { AutoAdvertise: false } }), []);
  assert.equal(configured(both).joins, "nomad");
  assert.equal(configured(both, { Consul: { ServerAutoJoin: false } }).joins, undefined);
  const client = { Client: { Enabled: true } };
  const clientOf = (...more: readonly PartialSettings[]) =>
    agentConfig(mergeSettings(defaultSettings, { DataDir: "/data" }, client, ...more), machine).client;
  assert.equal(clientOf()?.serverService, "nomad");
  assert.equal(clientOf({ Consul: { ClientAutoJoin: false } })?.serverService, undefined);
  assert.equal(clientOf({ Server: { Enabled: true } })?.serverService, undefined);
});

test("a development agent joins nobody, and offers no ports that it does not open", () => {
  const { advertised, joins } = configured(devSettings);
  assert.deepEqual(
    advertised.map(({ role, tag }) => `${role} ${tag}`),
    ["server http", "client http"],
  );
  assert.equal(joins, undefined);
});
