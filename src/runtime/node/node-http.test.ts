import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { queryObjects } from "node:v8";
import { gunzipSync } from "node:zlib";
import { milliseconds, seconds } from "../../base/index.ts";
import type { HttpHandler, HttpLimits, HttpResponse } from "../http-listener.ts";
import { ConnectionRoom } from "./connection-room.ts";
import { NodeHttpServing } from "./node-http.ts";
import { NodeHttpClient } from "./node-http-client.ts";

const limits: HttpLimits = {
  headBytes: 16 * 1024,
  headers: 50,
  headTime: seconds(10),
  idleTime: seconds(5),
  stallTime: seconds(60),
  connectionsPerAddress: Number.POSITIVE_INFINITY,
};

const echo: HttpHandler = async (request, response) => {
  const parts: Uint8Array[] = [];
  for await (const part of request.body) parts.push(part);
  response.begin(200, { "Content-Type": "text/plain" });
  await response.end(`${request.method} ${request.target} ${Buffer.concat(parts)}`);
};

async function serving(handle: HttpHandler, options: Partial<HttpLimits> = {}) {
  const listener = await new NodeHttpServing().listen("127.0.0.1:0", { ...limits, ...options }, handle);
  return {
    address: listener.address,
    client: new NodeHttpClient(`http://${listener.address}`),
    [Symbol.asyncDispose]: () => listener.close(),
  };
}

/** Sends raw bytes and returns all that comes back until the server closes. */
async function raw(address: string, ...parts: readonly string[]): Promise<string> {
  const [host, port] = address.split(":");
  const socket = connect({ host, port: Number(port) });
  socket.on("error", () => {});
  for (const part of parts) socket.write(part);
  return text(socket);
}

test("a request is answered, with its length, and the connection serves the next one", async () => {
  await using server = await serving(echo);
  const answer = await raw(
    server.address,
    "PUT /a?b=%20 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi",
    "GET /c HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
  );
  assert.match(answer, /^HTTP\/1\.1 200 OK\r\nContent-Type: text\/plain\r\nContent-Length: 15\r\n/);
  assert.match(answer, /PUT \/a\?b=%20 hiHTTP\/1\.1 200 OK/);
  assert.match(answer, /GET \/c $/);
});

test("T13: what is not strict HTTP is answered with 400 and never handled", async () => {
  let handled = 0;
  await using server = await serving(async (request, response, signal) => {
    handled++;
    await echo(request, response, signal);
  });
  const broken = [
    "nonsense\r\n\r\n",
    "GET / HTTP/1.1\r\n\r\n",
    "GET / HTTP/1.1\r\nHost : x\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: x\r\nhost: y\r\n\r\n",
    "GET /\r\n\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: x\r\nA: b\nC: d\r\n\r\n",
    "CONNECT example.org:80 HTTP/1.1\r\nHost: x\r\n\r\n",
  ];
  for (const request of broken) {
    const answer = await raw(server.address, request);
    assert.match(answer, /^HTTP\/1\.1 40[05] /, request);
    assert.match(answer, /\r\nX-Content-Type-Options: nosniff\r\n/);
  }
  assert.equal(handled, 0);
});

test("T13: a bad chunk ends the request that carries it, and not the server", async () => {
  await using server = await serving((request, response, signal) => echo(request, response, signal).catch(() => {}));
  const answer = await raw(server.address, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n");
  assert.match(answer, /^HTTP\/1\.1 400 /);
  assert.equal((await server.client.send({ method: "GET", target: "/" })).status, 200);
});

test("T13: a head that is too long or has too many headers is answered with 431", async () => {
  await using server = await serving(echo);
  const longPath = `GET /${"a".repeat(1_000_000)} HTTP/1.1\r\nHost: x\r\n\r\n`;
  const most = `GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${"A: b\r\n".repeat(48)}`;
  const oneTooMany = `${most}A: b\r\n\r\n`;
  const farTooMany = `GET / HTTP/1.1\r\nHost: x\r\n${"A: b\r\n".repeat(20_000)}\r\n`;
  for (const request of [longPath, oneTooMany, farTooMany]) {
    assert.match(await raw(server.address, request), /^HTTP\/1\.1 431 /);
  }
  assert.match(await raw(server.address, `${most}\r\n`), /^HTTP\/1\.1 200 /);
});

test("T1: a head that does not come to its end in time is answered with 408", async () => {
  await using server = await serving(echo, { headTime: milliseconds(50) });
  assert.match(await raw(server.address, "GET / HTTP/1.1\r\nHost"), /^HTTP\/1\.1 408 /);
});

test("T2: who says nothing at all is answered with 408 after as long, and who goes silently is forgotten", async () => {
  await using server = await serving(echo, { headTime: milliseconds(50) });
  const [host = "", port] = server.address.split(":");
  const quiet = connect({ host, port: Number(port) });
  const going = connect({ host, port: Number(port) });
  const resetting = connect({ host, port: Number(port) });
  await Promise.all([quiet, going, resetting].map((socket) => once(socket, "connect")));
  going.end();
  resetting.resetAndDestroy();
  await once(going.resume(), "close");
  assert.match(await text(quiet), /^HTTP\/1\.1 408 /);
  assert.equal((await server.client.send({ method: "GET", target: "/" })).status, 200);
});

test("T2: who says something late, in single bytes, is served like all others, and goes on", async () => {
  await using server = await serving(echo);
  const [host = "", port] = server.address.split(":");
  const socket = connect({ host, port: Number(port), noDelay: true });
  await once(socket, "connect");
  for (const byte of "PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi") {
    await new Promise((resolve) => socket.write(byte, resolve));
  }
  socket.write("GET /b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  assert.match(await text(socket), /PUT \/a hi[\s\S]*GET \/b /);
});

test("closing waits for nobody who says nothing", async () => {
  const server = await serving(echo);
  const [host = "", port] = server.address.split(":");
  const socket = connect({ host, port: Number(port) });
  await once(socket, "connect");
  await Promise.all([once(socket.resume(), "close"), server[Symbol.asyncDispose]()]);
});

test("T2: more connections from one address than the limit are answered with 429, those that wait idly give way", async () => {
  await using server = await serving(echo, { connectionsPerAddress: 2 });
  const [host, port] = server.address.split(":");
  const held = await Promise.all(
    [1, 2].map(async () => {
      const socket = connect({ host, port: Number(port) }).on("error", () => {});
      await once(socket, "connect");
      return socket;
    }),
  );
  // They have said nothing yet, so they may be about to.
  assert.match(await raw(server.address, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"), /^HTTP\/1\.1 429 /);
  for (const socket of held) {
    socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await once(socket, "data");
  }
  const closed = Promise.all(held.map((socket) => once(socket, "close")));
  assert.match(await raw(server.address, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"), /^HTTP\/1\.1 429 /);
  await closed;
  const last = "GET /served HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  assert.match(await raw(server.address, last), /GET \/served/);
});

test("T3: connections beyond what descriptors are left for are turned away with 503, and there is room when others end", async () => {
  const room = new ConnectionRoom(1);
  const listener = await new NodeHttpServing(room).listen("127.0.0.1:0", limits, echo);
  try {
    const [host, port] = listener.address.split(":");
    const held = connect({ host, port: Number(port) }).on("error", () => {});
    await once(held, "connect");
    assert.match(await raw(listener.address, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"), /^HTTP\/1\.1 503 /);
    held.destroy();
    const request = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    while (!/^HTTP\/1\.1 200 /.test(await raw(listener.address, request)));
  } finally {
    await listener.close();
  }
});

test("an answer of which a peer takes nothing is broken off", async () => {
  const long = Buffer.alloc(64 * 1024 * 1024);
  let outcome: Promise<string> | undefined;
  const handle: HttpHandler = async (_request, response) => {
    response.begin(200, {});
    outcome = response.end(long).then(
      () => "taken",
      (error: Error) => error.message,
    );
    await outcome;
  };
  await using server = await serving(handle, { stallTime: milliseconds(100) });
  const [host, port] = server.address.split(":");
  const deaf = connect({ host, port: Number(port) }).on("error", () => {});
  deaf.pause();
  deaf.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  while (outcome === undefined) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(await outcome, "The peer has closed the connection");
  deaf.destroy();
});

test("headers that repeat are joined, and their names are only data", async () => {
  let seen: Readonly<Record<string, string>> = {};
  await using server = await serving(async (request, response) => {
    seen = request.headers;
    response.begin(200, {});
    await response.end();
  });
  await raw(server.address, "GET / HTTP/1.1\r\nHost: x\r\nA: 1\r\na: 2\r\n__proto__: y\r\nConnection: close\r\n\r\n");
  assert.equal(seen.a, "1, 2");
  assert.equal(Object.getPrototypeOf(seen), null);
  assert.ok(Object.keys(seen).includes("__proto__"));
});

test("an answer is compressed whole, or piece by piece as it is written", async () => {
  await using server = await serving(async (request, response) => {
    response.begin(200, {}, { gzip: true });
    if (request.target === "/pieces") for (const piece of ["a", "b", "c".repeat(100_000)]) await response.write(piece);
    await response.end("end");
  });
  const headers = { "Accept-Encoding": "gzip" };
  const whole = await server.client.send({ method: "GET", target: "/", headers });
  assert.equal(whole.headers["content-encoding"], "gzip");
  assert.equal(gunzipSync(await all(whole.body)).toString(), "end");
  const pieces = await server.client.send({ method: "GET", target: "/pieces", headers });
  assert.equal(gunzipSync(await all(pieces.body)).toString(), `ab${"c".repeat(100_000)}end`);
});

test("who does not ask for an encoding reads the answer of another machine itself, each piece when it is written", async () => {
  const { promise: read, resolve } = Promise.withResolvers<void>();
  await using server = await serving(async (request, response) => {
    response.begin(200, {}, { gzip: /gzip/.test(request.headers["accept-encoding"] ?? "") });
    await response.write("first");
    await read;
    await response.end("last");
  });
  // A way to this machine that does not look like one.
  const client = new NodeHttpClient(`http://${server.address.replace("127.0.0.1", "0.0.0.0")}`);
  const answer = await client.send({ method: "GET", target: "/" });
  const pieces: string[] = [];
  for await (const piece of answer.body) {
    pieces.push(Buffer.from(piece).toString());
    resolve();
  }
  assert.equal(answer.headers["content-encoding"], "gzip");
  assert.deepEqual(pieces, ["first", "last"]);
});

test("within a machine nothing is compressed", async () => {
  await using server = await serving(async (request, response) => {
    response.begin(200, {}, {});
    await response.end(String(request.headers["accept-encoding"]));
  });
  assert.equal(
    Buffer.from(await all((await server.client.send({ method: "GET", target: "/" })).body)).toString(),
    "undefined",
  );
});

test("a proxy is asked for what is elsewhere, and never for this machine", async () => {
  const seen: string[] = [];
  await using proxy = await serving(async (request, response) => {
    seen.push(`${request.headers.host} ${request.target}`);
    response.begin(200, {});
    await response.end("from the proxy");
  });
  const proxies = { HTTP_PROXY: `http://${proxy.address}` };
  const away = new NodeHttpClient("http://nomad.invalid:4646", { proxies });
  const answer = await away.send({ method: "GET", target: "/v1/jobs" });
  assert.equal((await all(answer.body)).toString(), "from the proxy");
  assert.equal(seen.length, 1);
  const here = new NodeHttpClient("http://127.0.0.1:1", { proxies });
  await assert.rejects(here.send({ method: "GET", target: "/" }), { code: "ECONNREFUSED" });
});

test("T18: a handler learns that its peer has gone, while it waits and while it writes", async () => {
  const { promise: gone, resolve } = Promise.withResolvers<string>();
  await using server = await serving(async (request, response, signal) => {
    if (request.target === "/wait") await once(signal, "abort");
    else await writeForever(response).catch(() => {});
    resolve(`${request.target} ${signal.aborted}`);
  });
  const leaving = new AbortController();
  const asked = server.client.send({ method: "GET", target: "/wait", signal: leaving.signal });
  const refused = assert.rejects(asked, { message: "enough" });
  const [host, port] = server.address.split(":");
  const reader = connect({ host, port: Number(port) });
  reader.write("GET /write HTTP/1.1\r\nHost: x\r\n\r\n");
  await once(reader, "readable");
  reader.destroy();
  assert.equal(await gone, "/write true");
  leaving.abort(new Error("enough"));
  await refused;
});

test("a peer that goes while it is written to leaves no timer behind", async () => {
  const before = timers();
  const { promise: gone, resolve } = Promise.withResolvers<void>();
  {
    await using server = await serving(async (_request, response) => {
      await writeForever(response).catch(() => {});
      resolve();
    });
    const [host, port] = server.address.split(":");
    const reader = connect({ host, port: Number(port) });
    reader.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await once(reader, "readable");
    reader.destroy();
    await gone;
  }
  assert.ok(timers() <= before, `${timers()} timers, ${before} before`);
});

function timers(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
}

test("T14: a peer that is refused while it sends still reads the answer", async () => {
  await using server = await serving(async (_request, response) => {
    response.begin(413, { "Content-Type": "text/plain" });
    await response.end("too big");
  });
  const answer = await raw(
    server.address,
    `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000\r\n\r\n`,
    "x".repeat(1_000_000),
  );
  assert.match(answer, /^HTTP\/1\.1 413 .*Connection: close.*too big$/s);
});

test("closing ends requests under way by their signal and waits for them", async () => {
  const { promise: started, resolve } = Promise.withResolvers<void>();
  const listener = await new NodeHttpServing().listen("127.0.0.1:0", limits, async (_request, response, signal) => {
    resolve();
    await once(signal, "abort");
    response.begin(500, {});
    await response.end("closing");
  });
  const answered = raw(listener.address, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  await started;
  await listener.close();
  assert.match(await answered, /^HTTP\/1\.1 500 .*Connection: close.*closing$/s);
});

test("an address in use is refused with its code", async () => {
  await using server = await serving(echo);
  await assert.rejects(new NodeHttpServing().listen(server.address, limits, echo), { code: "EADDRINUSE" });
});

test("the client says when nobody answers, and when an answer breaks off", async () => {
  await assert.rejects(new NodeHttpClient("http://127.0.0.1:1").send({ method: "GET", target: "/" }), {
    code: "ECONNREFUSED",
  });
  await using server = await serving(async (_request, response) => {
    response.begin(200, {});
    await response.write("half");
    response.destroy();
  });
  const answer = await server.client.send({ method: "GET", target: "/" });
  await assert.rejects(all(answer.body), { code: "ECONNRESET" });
});

async function writeForever(response: HttpResponse): Promise<void> {
  response.begin(200, {});
  for (;;) await response.write("x".repeat(10_000));
}

async function all(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of body) parts.push(part);
  return Buffer.concat(parts);
}

test("what an answer holds in memory does not grow with what it has written", async () => {
  const promises = () => Number(queryObjects(Promise, { format: "count" }));
  const { promise: counted, resolve } = Promise.withResolvers<{ readonly grown: number }>();
  await using server = await serving(async (_request, response) => {
    response.begin(200, {});
    await response.write(".");
    const before = promises();
    for (let piece = 0; piece < 1_000; piece++) await response.write(".");
    resolve({ grown: promises() - before });
    await response.end();
  });
  const { body } = await server.client.send({ method: "GET", target: "/" });
  for await (const _ of body);
  assert.ok((await counted).grown < 500, `${(await counted).grown} promises more`);
});

test("a server on a Unix socket is asked by the socket's path, and one that is not there is said", async () => {
  const directory = await mkdtemp(join(tmpdir(), "nomad-http-socket-"));
  const path = join(directory, "server.sock");
  const server = createServer((request, response) => response.end(`${request.method} ${request.url}`)).listen(path);
  try {
    await once(server, "listening");
    const client = new NodeHttpServing().client(path);
    const { status, body } = await client.send({ method: "GET", target: "/a?b=c" });
    assert.deepEqual([status, await text(body)], [200, "GET /a?b=c"]);
    server.close();
    await once(server, "close");
    await assert.rejects(client.send({ method: "GET", target: "/" }), { code: "ENOENT" });
  } finally {
    server.close();
    await rm(directory, { recursive: true });
  }
});
