import assert from "node:assert/strict";
import { test } from "node:test";
import { formatEndpoint, ipBytes, ipText, parseEndpoint } from "./endpoint.ts";

test("addresses are read from any spelling and written in one", () => {
  const canonical = (text: string) => {
    const bytes = ipBytes(text);
    return bytes && ipText(bytes);
  };
  assert.equal(canonical("127.0.0.1"), "127.0.0.1");
  assert.equal(canonical("::1"), "::1");
  assert.equal(canonical("::"), "::");
  assert.equal(canonical("::ffff:10.1.2.3"), "10.1.2.3");
  assert.equal(canonical("2001:DB8:0:0:1:0:0:1"), "2001:db8::1:0:0:1");
  assert.equal(canonical("1:2:3:4:5:6:7:8"), "1:2:3:4:5:6:7:8");
  for (const broken of [
    "",
    "1.2.3",
    "1.2.3.256",
    "1:2",
    "1::2::3",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7::8:9",
    "g::1",
  ]) {
    assert.equal(canonical(broken), undefined, broken);
  }
});

test("an address with a port is read and written, with brackets around IPv6", () => {
  assert.deepEqual(parseEndpoint("10.0.0.1:4648"), { ip: "10.0.0.1", port: 4648 });
  assert.deepEqual(parseEndpoint("[::1]:4648"), { ip: "::1", port: 4648 });
  assert.equal(formatEndpoint({ ip: "::1", port: 4648 }), "[::1]:4648");
  for (const broken of ["10.0.0.1", "10.0.0.1:", "10.0.0.1:65536", "::1:4648", "name:4648"]) {
    assert.equal(parseEndpoint(broken), undefined, broken);
  }
});

test("only 4 or 16 bytes are an address", () => {
  assert.equal(ipText(new Uint8Array(5)), undefined);
  assert.equal(ipText(new Uint8Array(0)), undefined);
});
