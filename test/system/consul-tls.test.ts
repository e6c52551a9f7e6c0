import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import type { TLSSocket } from "node:tls";
import { mergeSettings } from "../../src/agent/config/merge-settings.ts";
import { defaultSettings, type Settings } from "../../src/agent/config/settings.ts";
import { consulReach } from "../../src/agent/consul/consul-reach.ts";
import { ConsulApi } from "../../src/consul/index.ts";
import { ManualClock } from "../../src/runtime/index.ts";
import { NodeDisk } from "../../src/runtime/node/index.ts";
import { certificates, noOpenssl } from "./support/certificates.ts";

/** The way to Consul by TLS, as the agent's settings have it, to a server with certificates of its own making. */

const disk = new NodeDisk();
const never = new AbortController().signal;

test("over TLS, Consul must be who it says unless it is not to be verified, and is shown who asks", {
  skip: noOpenssl(),
}, async () => {
  using made = certificates();
  const trust = { key: made.text("server.key"), cert: made.text("server.pem"), ca: made.text("ca.pem") };
  const server = createServer({ ...trust, requestCert: true, rejectUnauthorized: false }, (request, response) => {
    const { subject } = (request.socket as TLSSocket).getPeerCertificate();
    response.end(JSON.stringify({ Config: { Version: subject?.CN ?? "nobody" } }));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const Addr = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const asked = async (Consul: Partial<Settings["Consul"]>) => {
    const { http, access } = await consulReach(
      mergeSettings(defaultSettings, { Consul: { Addr, EnableSSL: true, ...Consul } }),
      {},
      disk,
    );
    return (await new ConsulApi(new ManualClock(), http, access).self(never)).version;
  };
  try {
    await assert.rejects(asked({}), /unable to verify|self-signed/);
    assert.equal(await asked({ VerifySSL: false }), "nobody");
    assert.equal(await asked({ CAFile: made.at("ca.pem") }), "nobody");
    const shown = { CertFile: made.at("client.pem"), KeyFile: made.at("client.key") };
    assert.equal(await asked({ CAFile: made.at("ca.pem"), ...shown }), "client");
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
