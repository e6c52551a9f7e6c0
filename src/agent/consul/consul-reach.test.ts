import assert from "node:assert/strict";
import { test } from "node:test";
import { seconds } from "../../base/index.ts";
import { NodeDisk } from "../../runtime/node/index.ts";
import { mergeSettings } from "../config/merge-settings.ts";
import { defaultSettings, type Settings } from "../config/settings.ts";
import { consulReach } from "./consul-reach.ts";

const disk = new NodeDisk();

function settings(Consul: Partial<Settings["Consul"]>): Settings {
  return mergeSettings(defaultSettings, { Consul });
}

test("what cannot be read or asked is said at the start, with its key, and no secret is", async () => {
  const refused = async (Consul: Partial<Settings["Consul"]>, pattern: RegExp) =>
    assert.rejects(consulReach(settings(Consul), {}, disk), (error: Error) => {
      assert.match(error.message, pattern);
      assert.doesNotMatch(error.message, /s3cret/);
      return true;
    });
  await refused({ EnableSSL: true, CAFile: "/no/such.pem" }, /^consul\.ca_file: cannot read "\/no\/such\.pem": /);
  await refused({ Addr: "unix:///run/consul.sock" }, /^consul\.address: .* write host:port$/);
  await refused({ Addr: "not an address" }, /^consul\.address: /);
  await refused({ Token: "s3cret\n" }, /^consul\.token holds characters/);
});

test("Consul's own variables hold where the configuration is silent", async () => {
  const variables = { CONSUL_HTTP_TOKEN: "from outside", CONSUL_HTTP_AUTH: "a:b" };
  const quiet = await consulReach(settings({}), variables, disk);
  assert.deepEqual(quiet.access, { token: "from outside", auth: "a:b", timeout: seconds(5) });
  const said = await consulReach(settings({ Token: "said", Auth: "c:d", Timeout: 2e9 }), variables, disk);
  assert.deepEqual(said.access, { token: "said", auth: "c:d", timeout: seconds(2) });
});
