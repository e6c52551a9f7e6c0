import assert from "node:assert";
import { test } from "node:test";
import { nodeRuntime } from "../../runtime/node/index.ts";
import { someConfig } from "../testing/client-config.ts";
import { builtInFingerprints } from "./built-in-fingerprints.ts";
import { networkFingerprint } from "./network.ts";

test("this very machine says what it is", async () => {
  const runtime = nodeRuntime({ logLevel: "ERR", writeLog: () => {} });
  const attributes: Record<string, string | undefined> = {};
  for (const fingerprint of builtInFingerprints().filter(({ inBackground }) => inBackground !== true)) {
    const facts = await fingerprint.detect({
      config: someConfig({ networkInterface: "lo" }),
      runtime,
      log: runtime.log,
      allocationDirectory: "/tmp",
      signal: new AbortController().signal,
    });
    Object.assign(attributes, facts?.attributes);
  }
  assert.match(attributes.arch ?? "", /^(amd64|arm64|386|arm|riscv64)$/);
  assert.equal(attributes["kernel.name"], "linux");
  assert.equal(attributes["unique.network.ip-address"], "127.0.0.1");
  assert.ok(Number(attributes["cpu.numcores"]) >= 1);
  assert.ok(Number(attributes["memory.totalbytes"]) > 2 ** 26);
  assert.ok(Number(attributes["unique.storage.bytestotal"]) >= Number(attributes["unique.storage.bytesfree"]));
  for (const name of ["os.name", "kernel.version", "unique.hostname", "unique.storage.volume"]) {
    assert.ok(attributes[name], `${name} is empty`);
  }
});

test("a network interface that is not there is told, whatever the log is asked for", async () => {
  const written: string[] = [];
  const runtime = nodeRuntime({ logLevel: "WARN", writeLog: (text) => written.push(text) });
  runtime.log.release();
  const facts = await networkFingerprint.detect({
    config: someConfig({ networkInterface: "nosuch0" }),
    runtime,
    log: runtime.log,
    allocationDirectory: "/tmp",
    signal: new AbortController().signal,
  });
  assert.equal(facts, undefined);
  assert.match(
    written.join(""),
    /\[WARN\] fingerprint\.network: Network interface nosuch0 has no IPv4 address: no task gets a port/,
  );
});
