import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { DockerDriver } from "../../../src/drivers/docker/docker-driver.ts";
import { busyboxImage } from "../../../src/drivers/testing/busybox-image.ts";
import { TaskBench } from "../../../src/drivers/testing/task-bench.ts";
import { nodeRuntime } from "../../../src/runtime/node/index.ts";
import { certificates, noOpenssl } from "../support/certificates.ts";
import { noEngine, TestEngine } from "../support/docker-engine.ts";
import { freePorts } from "../support/nomad.ts";

/** A real engine behind TCP and TLS, which wants to know who comes. */

const image = "nomad-test/tls:1";
const skip = noEngine() ?? noOpenssl();

describe("driver docker over TLS", { skip }, () => {
  const runtime = nodeRuntime({ logLevel: "ERR", writeLog: () => {} });
  let made: ReturnType<typeof certificates>;
  let engine: TestEngine;
  let endpoint: string;

  before(async () => {
    made = certificates();
    const [port] = await freePorts(1);
    endpoint = `tcp://127.0.0.1:${port}`;
    const shown = [
      "--tlscacert",
      made.at("ca.pem"),
      "--tlscert",
      made.at("server.pem"),
      "--tlskey",
      made.at("server.key"),
    ];
    engine = await TestEngine.start(["--host", endpoint, "--tlsverify", ...shown]);
    await busyboxImage(runtime, image, engine.socket);
  });
  after(async () => {
    await engine?.dispose();
    made?.[Symbol.dispose]();
  });

  const driverWith = (tls: Readonly<Record<string, string>>) => {
    const files = Object.entries(tls).map(([what, name]) => [`docker.tls.${what}`, made.at(name)]);
    const options = { "docker.endpoint": endpoint, "docker.cleanup.image": "false", ...Object.fromEntries(files) };
    return new DockerDriver(runtime, { options, chrootEnv: {} });
  };
  const found = async (tls: Readonly<Record<string, string>>) => {
    for await (const fingerprint of driverWith(tls).fingerprint({}, new AbortController().signal)) return fingerprint;
    throw new Error("a driver says at least once whether it works");
  };
  const whole = { ca: "ca.pem", cert: "client.pem", key: "client.key" };

  test("the engine is found, runs a task, passes on what it prints, and tells its end", async () => {
    const { healthy, attributes } = await found(whole);
    assert.deepEqual([healthy, attributes["driver.docker"]], [true, "1"]);
    const bench = await TaskBench.open(runtime, driverWith(whole));
    try {
      const { exit, stdout } = await bench.outcome({ image, command: "sh", args: ["-c", "echo up; exit 7"] });
      assert.deepEqual([exit.exitCode, stdout], [7, "up\n"]);
      assert.deepEqual(await engine.containers(), []);
    } finally {
      await bench.close();
    }
  });

  for (const [what, tls, reason] of [
    ["without TLS", {}, /HTTP request to an HTTPS server|does not tell its version/],
    ["that shows no certificate", { ca: "ca.pem" }, /certificate|alert|handshake/i],
    ["that trusts another authority", { ...whole, ca: "client.pem" }, /certificate/],
    ["whose key is not there", { ...whole, key: "none.key" }, /no such file/],
  ] as const) {
    test(`a client ${what} finds no engine, and says why`, async () => {
      const { detected, description, attributes } = await found(tls);
      assert.deepEqual([detected, attributes["driver.docker"]], [false, undefined]);
      assert.match(description, reason);
    });
  }
});
