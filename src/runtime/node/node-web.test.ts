import assert from "node:assert";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { AddressRefused } from "../web.ts";
import { NodeWeb } from "./node-web.ts";

const { signal } = new AbortController();

test("T34: the address that is asked about is the one that a connection is made to, also behind a name", async () => {
  let asked = 0;
  const server = createServer((_, response) => {
    asked += 1;
    response.end("x");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const { port } = server.address() as AddressInfo;
    const web = new NodeWeb();
    const seen: string[] = [];
    const never = (address: string) => {
      seen.push(address);
      return false;
    };
    for (const host of ["localhost", "127.0.0.1", "[::ffff:127.0.0.1]"]) {
      await assert.rejects(
        web.get(new URL(`http://${host}:${port}/`), { signal, mayConnectTo: never }),
        AddressRefused,
      );
    }
    assert.ok(seen.includes("127.0.0.1"));
    assert.equal(asked, 0);
    const allowed = await web.get(new URL(`http://localhost:${port}/`), {
      signal,
      mayConnectTo: (address) => address === "127.0.0.1",
    });
    assert.equal(allowed.status, 200);
    for await (const chunk of allowed.body) assert.equal(Buffer.from(chunk).toString(), "x");
  } finally {
    server.close();
    server.closeAllConnections();
  }
});
