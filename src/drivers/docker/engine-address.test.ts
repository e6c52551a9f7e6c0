import assert from "node:assert/strict";
import { test } from "node:test";
import { engineAddress } from "./engine-address.ts";

const address = (options: Readonly<Record<string, string>>, environment: Readonly<Record<string, string>> = {}) =>
  engineAddress({ options, chrootEnv: {} }, environment);

test("the engine is at its usual socket, where Docker's variables say, or where the operator says", () => {
  assert.deepEqual(address({}), { address: "/var/run/docker.sock" });
  assert.deepEqual(address({}, { DOCKER_HOST: "tcp://10.0.0.1:2375" }), { address: "10.0.0.1:2375" });
  const option = { "docker.endpoint": "unix:///run/other.sock" };
  assert.deepEqual(address(option, { DOCKER_HOST: "tcp://10.0.0.1:2375" }), { address: "/run/other.sock" });
});

test("files for TLS come from where the address comes from", () => {
  const environment = { DOCKER_HOST: "tcp://h:2376", DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: "/c" };
  const files = { authorities: "/c/ca.pem", certificate: "/c/cert.pem", key: "/c/key.pem" };
  assert.deepEqual(address({}, environment), { address: "h:2376", tls: files });
  const endpoint = { "docker.endpoint": "tcp://e:2376" };
  assert.deepEqual(address(endpoint, environment), { address: "e:2376" });
  assert.deepEqual(address({ ...endpoint, "docker.tls.ca": "/ca" }, environment), {
    address: "e:2376",
    tls: { authorities: "/ca", certificate: undefined, key: undefined },
  });
});

test("an address that cannot be read is said", () => {
  assert.throws(() => address({ "docker.endpoint": "npipe:////./pipe" }), /cannot read the engine's address/);
  assert.throws(() => address({ "docker.endpoint": "/var/run/docker.sock" }), /cannot read the engine's address/);
});
