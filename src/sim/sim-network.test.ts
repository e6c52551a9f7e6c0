import assert from "node:assert/strict";
import { test } from "node:test";
import { SeededRandom } from "../base/index.ts";
import type { Connection } from "../runtime/index.ts";
import { passing, rest } from "./passing.ts";
import { SimNetwork } from "./sim-network.ts";
import { VirtualTime } from "./virtual-time.ts";

const address = "10.0.0.1:80";
const never = new AbortController().signal;

function twoHosts(seed = "network") {
  const time = new VirtualTime();
  const network = new SimNetwork(time, new SeededRandom(seed));
  return { time, network, server: network.at("10.0.0.1"), client: network.at("10.0.0.2") };
}

/** A listener, and both ends of one connection to it. */
async function connected(seed?: string) {
  const { time, network, server, client } = twoHosts(seed);
  const accepted: Connection[] = [];
  const listener = await server.listen(address, (connection) => accepted.push(connection));
  const atClient = await passing(time, client.connect(address, never));
  return { time, network, listener, client, atClient, atServer: accepted[0]! };
}

async function readAll({ incoming }: Connection): Promise<string> {
  const read = [];
  for await (const chunk of incoming) read.push(chunk);
  return Buffer.concat(read).toString("utf8");
}

/** Lets everything happen that is to happen. */
async function passAll(time: VirtualTime): Promise<void> {
  for (await rest(); time.next() !== undefined; await rest()) time.step();
}

test("what is sent arrives in order, whatever each piece's delay, and before the end", async () => {
  const { time, atClient, atServer } = await connected();
  const pieces = Array.from({ length: 50 }, (_, number) => `${number} `);
  for (const piece of pieces) await atClient.write(Buffer.from(piece));
  atClient.close();
  assert.equal(await passing(time, readAll(atServer)), pieces.join(""));
});

test("bytes are as they were when they were written", async () => {
  const { time, atClient, atServer } = await connected();
  const bytes = Buffer.from("first");
  await atClient.write(bytes);
  bytes.fill(0);
  atClient.close();
  assert.equal(await passing(time, readAll(atServer)), "first");
});

test("nobody at an address is a refused connection, and a listener that closed is nobody", async () => {
  const { time, listener, client, atServer } = await connected();
  await assert.rejects(passing(time, client.connect("10.0.0.3:80", never)), { code: "ECONNREFUSED" });
  await listener.close();
  await assert.rejects(passing(time, client.connect(address, never)), { code: "ECONNREFUSED" });
  assert.equal(await passing(time, readAll(atServer)), "");
});

test("an address is taken once, for connections and for datagrams", async () => {
  const { server } = twoHosts();
  await server.listen(address, () => {});
  await assert.rejects(
    server.listen(address, () => {}),
    { code: "EADDRINUSE" },
  );
  await server.bindDatagram(address, () => {});
  await assert.rejects(
    server.bindDatagram(address, () => {}),
    { code: "EADDRINUSE" },
  );
});

test("where no port is asked for, a free one is given", async () => {
  const { server } = twoHosts();
  const [one, other] = [await server.listen("10.0.0.1:0", () => {}), await server.listen("10.0.0.1:0", () => {})];
  assert.match(one.address, /^10\.0\.0\.1:[1-9]\d+$/);
  assert.notEqual(one.address, other.address);
});

test("a connection is given up when its signal fires", async () => {
  const { time, client } = twoHosts();
  const given = new AbortController();
  const connecting = client.connect(address, given.signal);
  given.abort(new Error("enough"));
  await assert.rejects(passing(time, connecting), /enough/);
});

test("a writer waits while more is on the way than the network holds, until some of it is read", async () => {
  const { time, atClient, atServer } = await connected();
  const mebibyte = new Uint8Array(1 << 20);
  await atClient.write(mebibyte);
  let written = false;
  const more = atClient.write(Buffer.from("more")).then(() => {
    written = true;
  });
  await passAll(time);
  assert.equal(written, false);
  const incoming = atServer.incoming[Symbol.asyncIterator]();
  assert.equal((await incoming.next()).value?.length, mebibyte.length);
  await more;
});

test("a writer that waits for a reader that leaves is told", async () => {
  const { time, atClient, atServer } = await connected();
  await atClient.write(new Uint8Array(1 << 20));
  const waiting = atClient.write(Buffer.from("more"));
  atServer.close();
  await assert.rejects(passing(time, waiting), { code: "EPIPE" });
});

test("what is written to a peer that has gone is lost until its end has come here, and refused from then on", async () => {
  const { time, atClient, atServer } = await connected();
  atServer.close();
  await atClient.write(Buffer.from("lost"));
  await passAll(time);
  await assert.rejects(atClient.write(Buffer.from("refused")), { code: "EPIPE" });
  assert.equal(await passing(time, readAll(atClient)), "");
  assert.equal(await passing(time, readAll(atServer)), "");
});

test("who stops reading has closed", async () => {
  const { time, atClient, atServer } = await connected();
  await atClient.write(Buffer.from("hello"));
  const first = (async () => {
    for await (const chunk of atServer.incoming) return Buffer.from(chunk).toString();
    return undefined;
  })();
  assert.equal(await passing(time, first), "hello");
  assert.equal(await passing(time, readAll(atClient)), "");
});

test("a datagram arrives whole with its sender's address, and nowhere when nobody listens", async () => {
  const { time, server, client } = twoHosts();
  const received: string[] = [];
  const atServer = await server.bindDatagram(address, (from, bytes) =>
    received.push(`${from} ${Buffer.from(bytes).toString()}`),
  );
  const atClient = await client.bindDatagram("10.0.0.2:90", () => {});
  atClient.send(address, Buffer.from("ping"));
  atClient.send("10.0.0.3:80", Buffer.from("nobody"));
  await passAll(time);
  await atServer.close();
  atClient.send(address, Buffer.from("too late"));
  await passAll(time);
  assert.deepEqual(received, ["10.0.0.2:90 ping"]);
});

test("over a link that is cut nothing comes until it heals: not bytes, not the end, not a new connection", async () => {
  const { time, network, client, atClient, atServer } = await connected();
  network.links.cut({ from: "10.0.0.2", to: "10.0.0.1" });
  await atClient.write(Buffer.from("late"));
  atClient.close();
  let reached = false;
  const connecting = client.connect(address, never).then(() => {
    reached = true;
  });
  await passAll(time);
  assert.equal(reached, false);
  network.links.heal();
  assert.equal(await passing(time, readAll(atServer)), "late");
  await connecting;
});

test("a datagram is lost over a link that is cut, and where all are lost", async () => {
  const { time, network, server, client } = twoHosts();
  const received: string[] = [];
  await server.bindDatagram(address, (_from, bytes) => received.push(Buffer.from(bytes).toString()));
  const socket = await client.bindDatagram("10.0.0.2:90", () => {});
  network.links.cut({ from: "10.0.0.2", to: "10.0.0.1" });
  socket.send(address, Buffer.from("cut"));
  network.links.heal();
  network.datagramLoss = 1;
  socket.send(address, Buffer.from("lost"));
  network.datagramLoss = 0;
  socket.send(address, Buffer.from("there"));
  await passAll(time);
  assert.deepEqual(received, ["there"]);
});

test("a connection that is reset is told to both ends", async () => {
  const { time, network, atClient, atServer } = await connected();
  network.resetConnections("10.0.0.1", "10.0.0.2");
  await assert.rejects(passing(time, readAll(atServer)), { code: "ECONNRESET" });
  await assert.rejects(passing(time, readAll(atClient)), { code: "ECONNRESET" });
  await assert.rejects(atClient.write(Buffer.from("x")), { code: "EPIPE" });
});

test("a host that crashes is nobody, and its peers find their connections reset", async () => {
  const { time, network, client, atClient } = await connected();
  network.crash("10.0.0.1");
  await assert.rejects(passing(time, readAll(atClient)), { code: "ECONNRESET" });
  await assert.rejects(passing(time, client.connect(address, never)), { code: "ECONNREFUSED" });
  await network.at("10.0.0.1").listen(address, () => {});
  await passing(time, client.connect(address, never));
});

test("the same seed gives the same delays, another seed others", async () => {
  const arrival = async (seed: string) => {
    const { time, atClient, atServer } = await connected(seed);
    await atClient.write(Buffer.from("x"));
    await passing(time, atServer.incoming[Symbol.asyncIterator]().next());
    return time.now();
  };
  assert.equal(await arrival("one"), await arrival("one"));
  assert.notEqual(await arrival("one"), await arrival("two"));
});
