import assert from "node:assert";
import { test } from "node:test";
import { serverAddress } from "./server-address.ts";

const readable: readonly (readonly [text: string, address: string])[] = [
  ["10.0.0.1", "10.0.0.1:4647"],
  ["10.0.0.1:15847", "10.0.0.1:15847"],
  ["nomad.example.com", "nomad.example.com:4647"],
  ["nomad.example.com:1", "nomad.example.com:1"],
  ["::1", "[::1]:4647"],
  ["fe80::1:2", "[fe80::1:2]:4647"],
  ["[::1]", "[::1]:4647"],
  ["[2001:db8::7]:65535", "[2001:db8::7]:65535"],
];

for (const [text, address] of readable) {
  test(`the server "${text}" is reached at ${address}`, () => {
    assert.equal(serverAddress(text), address);
  });
}

for (const text of ["", ":4647", "host:", "host:0", "host:65536", "host:rpc", "a host", "[::1", "[host]:1", "a:1:2"]) {
  test(`"${text}" is no address of a server`, () => {
    assert.equal(serverAddress(text), undefined);
  });
}
