import assert from "node:assert";
import { test } from "node:test";
import { type ClientEndpoints, type FileChunk, RpcError } from "../api/index.ts";
import { milliseconds, seconds } from "../base/index.ts";
import type { ClientFacts } from "./agent-facts.ts";
import { httpWorld, lonelyMember } from "./testing/http-world.ts";

const server = {
  members: () => [lonelyMember],
  join: async (addresses: readonly string[]) => ({ joined: addresses.length, error: "" }),
  forceLeave: async () => {},
  keys: undefined,
};

function client(endpoints: Partial<ClientEndpoints>, more: Partial<ClientFacts> = {}): ClientFacts {
  return {
    endpoints: new Proxy<Partial<ClientEndpoints>>(
      { holds: () => true, ...endpoints },
      {
        get: (known, name) =>
          known[name as keyof ClientEndpoints] ?? (() => assert.fail(`${String(name)} was asked for`)),
      },
    ) as ClientEndpoints,
    nodeID: "own",
    servers: () => ["127.0.0.1:4647"],
    addServers: async () => {},
    ...more,
  };
}

/** A function that keeps what it was given, and returns `value`. */
function noting<Value>(asked: unknown[], value: Value): (...given: readonly unknown[]) => Value {
  return (...given) => {
    asked.push(given.filter((each) => !(each instanceof AbortSignal)));
    return value;
  };
}

async function* of<Value>(...values: readonly Value[]): AsyncGenerator<Value> {
  yield* values;
}

test("members come as a list or as an object, by the agent's setting or as the query says", async () => {
  const older = await httpWorld({ agent: { server } });
  const newer = await httpWorld({ agent: { server }, membersShape: "object" });
  const object = { ServerName: "vm", ServerRegion: "global", ServerDC: "dc1", Members: [lonelyMember] };
  assert.deepEqual(JSON.parse((await older.ask("/v1/agent/members")).text), [lonelyMember]);
  assert.deepEqual(JSON.parse((await older.ask("/v1/agent/members?shape=object")).text), object);
  assert.deepEqual(JSON.parse((await newer.ask("/v1/agent/members")).text), object);
  assert.deepEqual(JSON.parse((await newer.ask("/v1/agent/members?shape=list")).text), [lonelyMember]);
  assert.deepEqual(await older.nomad.agent.members(), [lonelyMember]);
  assert.deepEqual(await newer.nomad.agent.members(), [lonelyMember]);
});

test("an agent without a server or a client says that this is not for it", async () => {
  const { ask } = await httpWorld();
  for (const [method, target] of [
    ["GET", "/v1/agent/members"],
    ["PUT", "/v1/agent/join"],
    ["POST", "/v1/agent/force-leave"],
    ["GET", "/v1/agent/servers"],
    ["PUT", "/v1/agent/servers"],
  ] as const) {
    const answer = await ask(target, { method });
    assert.deepEqual([answer.status, answer.text], [501, "Invalid method"], target);
  }
  const answer = await ask("/v1/client/stats");
  assert.deepEqual([answer.status, answer.text], [500, "node is not running a Nomad Client"]);
});

test("servers are joined, left and added by addresses in the query", async () => {
  const left: string[] = [];
  const added: string[] = [];
  const { ask } = await httpWorld({
    agent: {
      server: { ...server, forceLeave: async (name) => void left.push(name) },
      client: client({}, { addServers: async (addresses) => void added.push(...addresses) }),
    },
  });
  const put = (target: string) => ask(target, { method: "PUT" });
  assert.equal((await put("/v1/agent/join?address=a&address=b")).text, '{"error":"","num_joined":2}');
  assert.deepEqual(
    [(await put("/v1/agent/join")).status, (await put("/v1/agent/join")).text],
    [400, "missing address to join"],
  );
  assert.equal((await put("/v1/agent/force-leave?node=vm.global")).text, "");
  assert.equal((await put("/v1/agent/force-leave")).text, "missing node to force leave");
  assert.equal((await put("/v1/agent/servers?address=a&address=b")).status, 200);
  assert.equal((await put("/v1/agent/servers")).text, "missing server address");
  assert.equal((await ask("/v1/agent/servers")).text, '["127.0.0.1:4647"]');
  assert.deepEqual([left, added], [["vm.global"], ["a", "b"]]);
});

const key = Buffer.alloc(32, 5).toString("base64");

test("gossip keys are listed and changed, and a change that not all servers made is a failure", async () => {
  const asked: unknown[] = [];
  const report = { members: 3, answers: 3, problems: new Map(), keys: new Map([[key, 3]]) };
  const doing = (name: string, outcome: object) => async (given?: Uint8Array) => {
    asked.push([name, given && Buffer.from(given).toString("base64")]);
    return { ...report, keys: new Map<string, number>(), ...outcome };
  };
  const keys = {
    list: doing("list", { keys: report.keys }),
    install: doing("install", {}),
    use: doing("use", { problems: new Map([["s2.global", "requested key is not in the keyring"]]) }),
    remove: doing("remove", { answers: 2 }),
  };
  const { ask, nomad } = await httpWorld({ agent: { server: { ...server, keys } } });
  assert.equal((await ask("/v1/agent/keyring/list")).text, `{"Keys":{"${key}":3},"Messages":{},"NumNodes":3}`);
  assert.deepEqual((await nomad.agent.installGossipKey(key)).value, { Keys: {}, Messages: {}, NumNodes: 3 });
  await assert.rejects(nomad.agent.useGossipKey(key), {
    status: 500,
    text: "1/3 nodes reported failure: s2.global: requested key is not in the keyring",
  });
  await assert.rejects(nomad.agent.removeGossipKey(key), { status: 500, text: "2/3 nodes reported success" });
  assert.deepEqual(asked, [
    ["list", undefined],
    ["install", key],
    ["use", key],
    ["remove", key],
  ]);
});

test("what is no gossip key is refused without being told of, and so is a key where gossip is not encrypted", async () => {
  const keys = new Proxy({}, { get: () => assert.fail("no server is to be asked") }) as never;
  const { nomad, log } = await httpWorld({ agent: { server: { ...server, keys } } });
  for (const wrong of ["secret", "c2VjcmV0", 7, undefined]) {
    await assert.rejects(nomad.agent.installGossipKey(wrong as string), (error: { status: number; text: string }) => {
      assert.equal(error.status, 400);
      assert.match(error.text, /^Invalid gossip key: (it is not base64|it has 6 bytes|none is given)/);
      return true;
    });
  }
  assert.doesNotMatch(log.lines.join(), /secret|c2VjcmV0/);
  const plain = await httpWorld({ agent: { server } });
  await assert.rejects(plain.nomad.agent.gossipKeys(), { status: 500, text: /^gossip is not encrypted: start all/ });
  const clientOnly = await httpWorld();
  await assert.rejects(clientOnly.nomad.agent.gossipKeys(), { status: 501 });
});

test("an agent is well when its server knows a leader and its client a server", async () => {
  const agent = { server, client: client({}) };
  const good = await httpWorld({ agent, replies: { "Status.Leader": "127.0.0.1:4647" } });
  assert.deepEqual(
    [(await good.ask("/v1/agent/health")).status, (await good.ask("/v1/agent/health")).text],
    [200, '{"client":{"message":"ok","ok":true},"server":{"message":"ok","ok":true}}'],
  );
  const bad = await httpWorld({ agent, replies: { "Status.Leader": "" } });
  assert.equal((await bad.ask("/v1/agent/health")).status, 500);
});

test("files are listed, described and read", async () => {
  const asked: unknown[] = [];
  const chunks = { [Symbol.asyncIterator]: () => of(Buffer.from("<b>"), Buffer.from("12")) };
  const file = { Name: "f", IsDir: false, Size: 1, FileMode: "-rw-r--r--", ModTime: "2026-11-22T10:19:09Z" };
  const { ask } = await httpWorld({
    agent: {
      client: client({
        listDirectory: noting(asked, Promise.resolve([file])),
        statFile: noting(asked, Promise.resolve(file)),
        readAt: noting(asked, chunks),
      }),
    },
  });
  assert.deepEqual(JSON.parse((await ask("/v1/client/fs/ls/a")).text), [file]);
  assert.deepEqual(JSON.parse((await ask("/v1/client/fs/stat/a?path=x%20y")).text), file);
  const read = await ask("/v1/client/fs/cat/a?path=f");
  assert.equal(read.text, "<b>12");
  assert.equal(read.headers["content-type"], "text/plain; charset=utf-8");
  assert.equal(read.headers["x-content-type-options"], "nosniff");
  await ask("/v1/client/fs/readat/a?path=f&offset=2&limit=3");
  assert.deepEqual(asked, [
    ["a", "/"],
    ["a", "x y"],
    ["a", "f", { offset: 0, limit: 0 }],
    ["a", "f", { offset: 2, limit: 3 }],
  ]);
});

test("what is missing or wrong in a question for files is told before the client is asked", async () => {
  const { ask } = await httpWorld({ agent: { client: client({}) } });
  const follow = (text: string) =>
    `Failed to parse follow field to boolean: strconv.ParseBool: parsing ${text}: invalid syntax`;
  const answers: readonly (readonly [string, number, string])[] = [
    ["ls/", 500, "must provide a valid alloc id"],
    ["stat/a", 500, "must provide a file name"],
    ["cat/a", 500, "must provide a file name"],
    ["readat/a?path=f", 500, 'error parsing offset: strconv.ParseInt: parsing "": invalid syntax'],
    ["readat/a?path=f&offset=x", 400, 'error parsing offset: strconv.ParseInt: parsing "x": invalid syntax'],
    [
      "readat/a?path=f&offset=99999999999999999999",
      400,
      'error parsing offset: strconv.ParseInt: parsing "99999999999999999999": value out of range',
    ],
    ["readat/a?path=f&offset=0&limit=1e3", 400, 'error parsing limit: strconv.ParseInt: parsing "1e3": invalid syntax'],
    ["stream/a", 500, "must provide a file name"],
    ["stream/a?path=f&origin=middle", 500, "origin must be start or end"],
    ["logs/a", 500, "must provide task name"],
    ["logs/a?task=t", 500, follow('""')],
    ["logs/a?task=t&follow=maybe", 400, follow('"maybe"')],
    ["logs/a?task=t&follow=true", 500, "must provide log type (stdout/stderr)"],
    ["logs/a?task=t&follow=true&type=stdlog", 500, "must provide log type (stdout/stderr)"],
  ];
  for (const [target, status, text] of answers) {
    const answer = await ask(`/v1/client/fs/${target}`);
    assert.deepEqual([answer.status, answer.text], [status, text], target);
  }
});

test("a log is followed in frames, or plainly", async () => {
  const asked: unknown[] = [];
  const chunk = { file: "alloc/logs/t.stdout.0", offset: 2, data: Buffer.from("a\n") };
  const chunks = { [Symbol.asyncIterator]: () => of(chunk, { ...chunk, offset: 4 }) };
  const world = await httpWorld({
    agent: { client: client({ streamLogs: noting(asked, chunks) }) },
  });
  const framed = await world.ask("/v1/client/fs/logs/a?task=t&type=stdout&follow=false&origin=end&offset=10");
  assert.equal(framed.text, '{"Data":"YQphCg==","File":"alloc/logs/t.stdout.0","Offset":2}');
  assert.equal(framed.headers["content-type"], "text/plain");
  assert.equal((await world.ask("/v1/client/fs/logs/a?task=t&type=stderr&follow=1&plain=true")).text, "a\na\n");
  assert.deepEqual(asked, [
    ["a", { task: "t", type: "stdout", follow: false, offset: 10, origin: "end" }],
    ["a", { task: "t", type: "stderr", follow: true, offset: 0, origin: "start" }],
  ]);
  const frames = await world.nomad.client.streamLogs("a", { task: "t", type: "stdout", follow: false });
  const { value } = await frames.next();
  assert.deepEqual(value, { Data: "YQphCg==", File: "alloc/logs/t.stdout.0", Offset: 2 });
});

test("what fails before the first byte is an error, and after it a broken connection", async () => {
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield Buffer.from("half");
    throw new Error("disk is gone");
  }
  const refused = () => {
    const next = () => Promise.reject(new RpcError('file "alloc" is a directory'));
    return { [Symbol.asyncIterator]: () => ({ next }) };
  };
  const reading = (readAt: ClientEndpoints["readAt"]) => httpWorld({ agent: { client: client({ readAt }) } });
  const early = await (await reading(refused)).ask("/v1/client/fs/cat/a?path=alloc");
  assert.deepEqual([early.status, early.text], [500, 'file "alloc" is a directory']);
  const late = await reading(failing);
  await assert.rejects(late.ask("/v1/client/fs/cat/a?path=f"), { code: "ECONNRESET" });
  assert.ok(late.log.lines.some((line) => line === "ERR Request /v1/client/fs/cat/a?path=f, error: disk is gone"));
});

test("T18: a follow ends when its reader stops reading", async () => {
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  async function* endless(signal: AbortSignal): AsyncGenerator<FileChunk> {
    yield { file: "f", offset: 1, data: Buffer.from("a") };
    await new Promise((stop) => signal.addEventListener("abort", stop));
    resolve();
  }
  const { client: http, clock } = await httpWorld({
    agent: { client: client({ streamFile: (_id, _path, _from, signal) => endless(signal) }) },
  });
  const asked = http.send({ method: "GET", target: "/v1/client/fs/stream/a?path=f" });
  await clock.advance(milliseconds(200));
  for await (const piece of (await asked).body) {
    assert.equal(String(piece), '{"Data":"YQ==","File":"f","Offset":1}');
    break;
  }
  await clock.advance(seconds(1));
  await ended;
});

test("usage is shown for all tasks or for one", async () => {
  const tasks: unknown[] = [];
  const { ask } = await httpWorld({
    agent: {
      client: client({
        hostStats: () => null,
        allocationStats: async (id, task) => {
          tasks.push([id, task]);
          throw new RpcError(`unknown allocation ID "${id}"`);
        },
      }),
    },
  });
  assert.equal((await ask("/v1/client/stats")).text, "null");
  const answer = await ask("/v1/client/allocation/x/stats?task=t");
  assert.deepEqual([answer.status, answer.text], [500, 'unknown allocation ID "x"']);
  await ask("/v1/client/allocation/x/stats");
  assert.deepEqual(tasks, [
    ["x", "t"],
    ["x", undefined],
  ]);
});

test("what is measured is told as JSON, and as text for Prometheus where the operator wants that", async () => {
  const summary = { Timestamp: "2026-11-22 09:07:50 +0000 UTC", Gauges: [], Points: [], Counters: [], Samples: [] };
  const metrics = { summary: async () => summary, prometheus: undefined };
  const refusing = await httpWorld({ agent: { metrics } });
  assert.deepEqual((await refusing.nomad.agent.metrics()).value, summary);
  const refused = await refusing.ask("/v1/metrics?format=prometheus");
  assert.deepEqual([refused.status, refused.text], [415, "Prometheus is not enabled"]);
  const willing = await httpWorld({ agent: { metrics: { ...metrics, prometheus: async () => ["a 1\n", "b 2\n"] } } });
  const text = await willing.ask("/v1/metrics?format=prometheus");
  assert.deepEqual([text.status, text.text], [200, "a 1\nb 2\n"]);
  assert.equal(text.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
  assert.equal((await (await httpWorld()).ask("/v1/metrics")).status, 501, "nothing is measured");
});
