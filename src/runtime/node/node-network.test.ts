import assert from "node:assert/strict";
import { test } from "node:test";
import type { Connection } from "../network.ts";
import { NodeNetwork } from "./node-network.ts";

const network = new NodeNetwork();
const never = new AbortController().signal;

async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts).toString();
}

/** Echoes one connection until its peer closes. */
async function echo(connection: Connection): Promise<void> {
  for await (const chunk of connection.incoming) await connection.write(chunk);
}

test("bytes go both ways and a close is an end to the peer", async () => {
  const heard = Promise.withResolvers<string>();
  const listener = await network.listen("127.0.0.1:0", (connection) => {
    heard.resolve(textOf(connection.incoming));
    connection.write(Buffer.from("welcome"));
  });
  const connection = await network.connect(listener.address, never);
  assert.equal(connection.remoteAddress, listener.address);
  const [welcome] = await Promise.all([
    connection.incoming[Symbol.asyncIterator]().next(),
    connection.write(Buffer.from("good day")),
  ]);
  assert.equal(Buffer.from(welcome.value).toString(), "welcome");
  connection.close();
  assert.equal(await heard.promise, "good day");
  await listener.close();
});

test("closing a listener ends its connections", async () => {
  const listener = await network.listen("127.0.0.1:0", (connection) => void echo(connection).catch(() => {}));
  const connection = await network.connect(listener.address, never);
  await connection.write(Buffer.from("x"));
  const incoming = connection.incoming[Symbol.asyncIterator]();
  await incoming.next();
  await listener.close();
  const end = await incoming.next().catch(() => ({ done: true }));
  assert.equal(end.done, true);
});

test("an address in use, a refused and a given-up connection reject", async () => {
  const listener = await network.listen("127.0.0.1:0", () => {});
  await assert.rejects(
    network.listen(listener.address, () => {}),
    { code: "EADDRINUSE" },
  );
  await listener.close();
  await assert.rejects(network.connect(listener.address, never), { code: "ECONNREFUSED" });
  const reason = new Error("given up");
  await assert.rejects(network.connect(listener.address, AbortSignal.abort(reason)), reason);
  await assert.rejects(network.connect("127.0.0.1", never), /must be host:port/);
});

test("a datagram arrives with the address of its sender", async () => {
  const heard = Promise.withResolvers<[string, string]>();
  const receiver = await network.bindDatagram("127.0.0.1:0", (from, bytes) => {
    heard.resolve([from, Buffer.from(bytes).toString()]);
  });
  const sender = await network.bindDatagram("127.0.0.1:0", () => {});
  sender.send(receiver.address, Buffer.from("ping"));
  assert.deepEqual(await heard.promise, [sender.address, "ping"]);
  await Promise.all([receiver.close(), sender.close()]);
});

test("IPv6 addresses are written with brackets", async () => {
  const listener = await network.listen("[::1]:0", (connection) => connection.close());
  assert.match(listener.address, /^\[::1\]:\d+$/);
  const connection = await network.connect(listener.address, never);
  assert.equal(await textOf(connection.incoming), "");
  await listener.close();
});
