import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClientEndpoints, FileChunk } from "../api/index.ts";
import { seconds } from "../base/index.ts";
import { type HttpHandler, InProcessHttp } from "../runtime/index.ts";
import { httpWorld } from "./testing/http-world.ts";

const [allocationID, nodeID, nodeAddress] = ["00000000-0000-4000-8000-0000000000a1", "node-1", "10.0.0.5:4646"];

/** What servers say of one allocation on one node. */
const known = {
  "Alloc.GetAlloc": ({ request }: { request: { AllocID: string } }) => ({
    Alloc: request.AllocID === allocationID ? { ID: allocationID, NodeID: nodeID } : null,
  }),
  "Node.GetNode": ({ request }: { request: { NodeID: string } }) => ({
    Node: request.NodeID === nodeID ? { ID: nodeID, HTTPAddr: nodeAddress } : null,
  }),
};

/** A server, and the client agent of a node that holds one allocation. */
async function serverAndNode(endpoints: Partial<ClientEndpoints>, replies: Readonly<Record<string, unknown>> = known) {
  const http = new InProcessHttp();
  const server = await httpWorld({ http, replies });
  const facts = { holds: (id: string) => id === allocationID, ...endpoints } as ClientEndpoints;
  const client = { nodeID, endpoints: facts, servers: () => [], addServers: async () => {} };
  const node = await httpWorld({ http, address: nodeAddress, agent: { client }, replies });
  return { http, server, node };
}

/** Something that listens at the node's address. */
async function listening(http: InProcessHttp, handle: HttpHandler): Promise<void> {
  const limits = { headBytes: 1, headers: 1, headTime: seconds(1), idleTime: seconds(1), stallTime: seconds(1) };
  await http.listen(nodeAddress, { ...limits, connectionsPerAddress: 1 }, handle);
}

async function* of<Value>(...values: readonly Value[]): AsyncGenerator<Value> {
  yield* values;
}

test("a server asks the node that holds an allocation, and passes its answer on", async () => {
  const asked: unknown[] = [];
  const file = { Name: "f", IsDir: false, Size: 1, FileMode: "-rw-r--r--", ModTime: "2026-11-22T10:19:09Z" };
  const { server } = await serverAndNode({
    listDirectory: async (id, path) => {
      asked.push([id, path]);
      return [file];
    },
    readAt: (id, path, from) => {
      asked.push([id, path, from]);
      return of(Buffer.from("<b>"), Buffer.from("12"));
    },
    hostStats: () => null,
  });
  const listed = await server.ask(`/v1/client/fs/ls/${allocationID}?path=x%20y`);
  assert.deepEqual([listed.status, listed.headers["content-type"]], [200, "application/json"]);
  assert.deepEqual(JSON.parse(listed.text), [file]);
  const read = await server.ask(`/v1/client/fs/readat/${allocationID}?path=f&offset=2&limit=3`);
  assert.deepEqual([read.text, read.headers["content-type"]], ["<b>12", "text/plain; charset=utf-8"]);
  assert.equal(read.headers["x-content-type-options"], "nosniff");
  assert.equal((await server.ask(`/v1/client/stats?node_id=${nodeID}`)).text, "null");
  assert.deepEqual(asked, [
    [allocationID, "x y"],
    [allocationID, "f", { offset: 2, limit: 3 }],
  ]);
});

test("what a node refuses is refused in its words and with its status", async () => {
  const { server } = await serverAndNode({});
  const answer = await server.ask(`/v1/client/fs/readat/${allocationID}?path=f&offset=x`);
  assert.deepEqual(
    [answer.status, answer.text],
    [400, 'error parsing offset: strconv.ParseInt: parsing "x": invalid syntax'],
  );
});

test("of an allocation or a node that servers do not know either, that is told", async () => {
  const { server, node } = await serverAndNode({});
  for (const { ask } of [server, node]) {
    for (const id of ["a2", allocationID.replace("a1", "a2")]) {
      const unused = await ask(`/v1/client/allocation/${id}/stats`);
      assert.deepEqual([unused.status, unused.text], [500, `unknown allocation ID "${id}"`]);
      const empty = await ask(`/v1/client/fs/ls/${id}`);
      assert.deepEqual([empty.status, empty.text], [500, "alloc not found"]);
    }
    const nowhere = await ask("/v1/client/stats?node_id=node-2");
    assert.deepEqual([nowhere.status, nowhere.text], [404, 'Unknown node "node-2"']);
  }
});

test("a server that is behind is not believed that there is no such allocation", async () => {
  const asked: unknown[] = [];
  const replies = {
    ...known,
    "Alloc.GetAlloc": ({ options }: { options: { allowStale?: boolean } }) => {
      asked.push(options.allowStale);
      return { Alloc: options.allowStale === true ? null : { ID: allocationID, NodeID: nodeID } };
    },
  };
  const { server } = await serverAndNode({ listDirectory: async () => [] }, replies);
  assert.equal((await server.ask(`/v1/client/fs/ls/${allocationID}`)).text, "[]");
  assert.deepEqual(asked, [true, false]);
});

test("a request is handed on once: an agent that is not the node it is for answers no, and asks nobody", async () => {
  const { node } = await serverAndNode({ listDirectory: async () => [] });
  const handed = (to: string, path: string) => node.ask(path, { headers: { "x-nomad-node": to } });
  const other = await handed("node-2", `/v1/client/fs/ls/${allocationID}`);
  assert.deepEqual([other.status, other.text], [404, 'This agent is not node "node-2"']);
  assert.equal(other.headers["x-nomad-node"], undefined);
  assert.equal((await handed(nodeID, `/v1/client/fs/ls/${allocationID}`)).headers["x-nomad-node"], nodeID);
  assert.deepEqual(node.servers.questions, []);
});

test("what is at a node's address but not the node is not passed on", async () => {
  const http = new InProcessHttp();
  const server = await httpWorld({ http, replies: known });
  await listening(http, async (request, response) => {
    const claimed = request.target.includes("lies") ? "node-2" : undefined;
    response.begin(200, claimed === undefined ? {} : { "x-nomad-node": claimed });
    await response.end("secret");
  });
  for (const path of ["f", "lies"]) {
    const answer = await server.ask(`/v1/client/fs/cat/${allocationID}?path=${path}`);
    assert.deepEqual(
      [answer.status, answer.text],
      [404, `No path to node "${nodeID}": ${nodeAddress}: it is another one`],
    );
  }
});

test("a node cannot make a page of what a server passes on", async () => {
  const http = new InProcessHttp();
  const server = await httpWorld({ http, replies: known });
  await listening(http, async (_request, response) => {
    response.begin(200, { "x-nomad-node": nodeID, "content-type": "text/html" });
    await response.end("<script>");
  });
  const answer = await server.ask(`/v1/client/fs/cat/${allocationID}?path=f`);
  assert.equal(answer.headers["content-type"], "text/plain; charset=utf-8");
});

test("an address that could lead elsewhere is not asked", async () => {
  for (const HTTPAddr of ["", "10.0.0.5", "user@10.0.0.5:80", "10.0.0.5:80/x", "10.0.0.5:80?x=:1", "a b:1"]) {
    const server = await httpWorld({ replies: { ...known, "Node.GetNode": { Node: { ID: nodeID, HTTPAddr } } } });
    const answer = await server.ask(`/v1/client/stats?node_id=${nodeID}`);
    assert.deepEqual(
      [answer.status, answer.text],
      [404, `No path to node "${nodeID}": it has not said where its HTTP API is`],
    );
  }
});

test("a node that cannot be reached, or does not answer in time, is told of", async () => {
  const http = new InProcessHttp();
  const server = await httpWorld({ http, replies: known });
  const target = `/v1/client/stats?node_id=${nodeID}`;
  const away = await server.ask(target);
  assert.deepEqual(
    [away.status, away.text],
    [404, `No path to node "${nodeID}": ${nodeAddress}: Nobody listens at ${nodeAddress}`],
  );
  const reached = Promise.withResolvers<void>();
  await listening(http, (_request, _response, signal) => {
    reached.resolve();
    return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
  });
  const hung = server.ask(target);
  await reached.promise;
  await server.clock.advance(seconds(31));
  assert.match((await hung).text, /^No path to node/);
});

test("T18: when the asker of a server leaves, the follow on the node ends; when the node breaks off, so does the answer", async () => {
  const ended = Promise.withResolvers<void>();
  async function* endless(signal: AbortSignal): AsyncGenerator<FileChunk> {
    yield { file: "f", offset: 1, data: Buffer.from("a") };
    await new Promise((stop) => signal.addEventListener("abort", stop));
    ended.resolve();
  }
  async function* breaking(): AsyncGenerator<FileChunk> {
    yield { file: "f", offset: 1, data: Buffer.alloc(64 * 1024) };
    throw new Error("disk is gone");
  }
  const { server, node } = await serverAndNode({
    streamFile: (_id, _path, _from, signal) => endless(signal),
    streamLogs: breaking,
  });
  const asked = server.client.send({ method: "GET", target: `/v1/client/fs/stream/${allocationID}?path=f` });
  // The node gathers what it sends for a moment.
  const frame = (async () => {
    for await (const piece of (await asked).body) return String(piece);
    return "";
  })();
  for (let turn = 0; turn < 100; turn++) await Promise.resolve();
  await node.clock.advance(seconds(1));
  assert.equal(await frame, '{"Data":"YQ==","File":"f","Offset":1}');
  await node.clock.advance(seconds(1));
  await ended.promise;
  await assert.rejects(server.ask(`/v1/client/fs/logs/${allocationID}?task=t&type=stdout&follow=true`), {
    code: "ECONNRESET",
  });
});

test("T18: who leaves before the node answers takes the question to the node along", async () => {
  const http = new InProcessHttp();
  const server = await httpWorld({ http, replies: known });
  const [reached, left] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  await listening(http, (_request, _response, signal) => {
    reached.resolve();
    return new Promise((resolve) => signal.addEventListener("abort", () => resolve(left.resolve())));
  });
  const leaving = new AbortController();
  const target = `/v1/client/fs/logs/${allocationID}?task=t&type=stdout&follow=true&plain=true`;
  const asked = server.client.send({ method: "GET", target, signal: leaving.signal });
  await reached.promise;
  leaving.abort(new Error("enough"));
  await assert.rejects(asked, { message: "enough" });
  await left.promise;
});

test("what has ended on a node is collected by way of any agent, but not for a page of another site", async () => {
  const collected: unknown[] = [];
  const { server } = await serverAndNode({ collect: async (id) => void collected.push(id) });
  const ask = (path: string, headers = {}) => server.ask(path, { headers });
  assert.equal((await ask(`/v1/client/allocation/${allocationID}/gc`)).text, "");
  assert.equal((await ask(`/v1/client/gc?node_id=${nodeID}`)).status, 200);
  assert.deepEqual(collected, [allocationID, undefined]);
  for (const path of [`/v1/client/allocation/${allocationID}/gc`, `/v1/client/gc?node_id=${nodeID}`]) {
    assert.equal((await ask(path, { "sec-fetch-site": "cross-site" })).status, 403);
    assert.equal((await ask(path, { host: "a:4646", referer: "http://evil.example/" })).status, 403);
    assert.equal((await ask(path, { "user-agent": "Mozilla/5.0" })).status, 403);
  }
  assert.equal(collected.length, 2);
});
