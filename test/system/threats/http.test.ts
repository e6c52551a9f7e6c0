import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:http";
import type { Socket } from "node:net";
import { test } from "node:test";
import { eventually } from "../support/nomad.ts";
import { assertAtMost, closed, heard, MB, pause, send } from "./attacks.ts";
import { registerJob, type Victim, withVictim } from "./victim.ts";

/** The nasty inputs of the HTTP API, and what they may cost. A number before a name is the row in docs/reliability.md. */

/** What a bystander may feel of an attack, in milliseconds. */
const mostFelt = 100;

test("4, T14: 100 MB of JSON is refused with 413 before it is all read, whether or not it says how long it is", () =>
  withVictim(async (victim) => {
    const body = Buffer.concat([Buffer.from('{"Job":{"ID":"'), Buffer.alloc(100 * MB, "x")]);
    await victim.watch();
    for (const length of [undefined, body.length]) {
      let answer: Answer | undefined;
      const growth = await victim.growth(async () => {
        answer = await put(victim, "/v1/jobs", pieces(body), length);
      });
      await assertRefusedAtTheLimit(victim, answer, growth);
    }
  }));

test("4b, T14: a body without end is refused with 413 at the limit", () =>
  withVictim(async (victim) => {
    await victim.watch();
    let answer: Answer | undefined;
    const growth = await victim.growth(async () => {
      const piece = Buffer.alloc(MB, "a");
      answer = await put(
        victim,
        "/v1/jobs",
        Array.from({ length: 400 }, () => piece),
      );
    });
    await assertRefusedAtTheLimit(victim, answer, growth);
  }));

/** 413 long before all of a body is sent, at little cost to the server, and hardly felt by others. */
async function assertRefusedAtTheLimit(victim: Victim, answer: Answer | undefined, growth: number): Promise<void> {
  const { disturbance, failures } = await victim.felt();
  assert.equal(answer?.status, 413);
  assertAtMost(answer?.sent ?? 0, 80 * MB, "bytes sent before the answer");
  assertAtMost(growth, 128, "MB more");
  assertAtMost(disturbance, mostFelt, "ms for a bystander");
  assert.equal(failures, 0);
}

test("4b: ten bodies of 60 MB at once share what there is for all, and some are told to come again", () =>
  withVictim(async (victim) => {
    const piece = Buffer.alloc(MB, "a");
    let statuses: readonly number[] = [];
    const growth = await victim.growth(async () => {
      const senders = 10;
      const gathering = Promise.withResolvers<void>();
      let underWay = senders;
      /** None ends before all others are as far, or have been answered. */
      const body = async function* () {
        try {
          yield Buffer.from('{"Job":{"ID":"');
          for (let sent = 0; sent < 59; sent += 1) yield piece;
        } finally {
          underWay -= 1;
          if (underWay === 0) gathering.resolve();
        }
        await gathering.promise;
        yield piece;
      };
      const answers = await Promise.all(Array.from({ length: senders }, () => put(victim, "/v1/jobs", body())));
      statuses = answers.map(({ status }) => status);
    });
    // Where all grow alike there may be room for none of them.
    assert.ok(statuses.includes(503), "some are told to come again");
    assert.deepEqual(
      statuses.filter((status) => status !== 400 && status !== 503),
      [],
    );
    assertAtMost(growth, 600, "MB more");
  }));

test("4c: a job of a hundred thousand allocations, and one of 20,000 groups, stop nobody", { timeout: 120_000 }, () =>
  withVictim(async (victim) => {
    await victim.watch();
    const TaskGroups = Array.from({ length: 20_000 }, (_, at) => ({ Name: `g${at}`, Count: 1, Tasks: [task] }));
    const growth = await victim.growth(async () => {
      await registerJob(victim, { ID: "many", TaskGroups: [{ Name: "g", Count: 100_000, Tasks: [task] }] });
      await registerJob(victim, { ID: "wide", TaskGroups });
      await pause(5_000);
    });
    const felt = await victim.felt();
    assert.equal(felt.failures, 0);
    assertAtMost(felt.disturbance, 1_000, "ms for a bystander");
    assertAtMost(growth, 1_000, "MB more");
  }),
);

test("4d: null in the place of a group or a task is 400 with its place", () =>
  withVictim(async (victim) => {
    const refusals = [
      [{ TaskGroups: [null] }, /TaskGroups\[0\]/],
      [{ TaskGroups: [{ Name: "g", Tasks: [null] }] }, /TaskGroups\[0\]\.Tasks\[0\]/],
    ] as const;
    for (const [fields, place] of refusals) {
      const Job = { ID: "x", Name: "x", Type: "batch", Datacenters: ["dc1"], ...fields };
      const answer = await fetch(`${victim.address}/v1/jobs`, { method: "PUT", body: JSON.stringify({ Job }) });
      assert.equal(answer.status, 400);
      assert.match(await answer.text(), place);
    }
  }));

test("T13: what proxies could read differently is refused, no second request is found in it, and no path leads elsewhere", () =>
  withVictim(async (victim) => {
    const asked = async (request: string) => {
      const socket = await victim.dial(victim.http);
      const answer = heard(socket);
      await send(socket, request);
      return (await answer).toString("latin1");
    };
    const statuses = (answer: string) => [...answer.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status);
    const hidden = "GET /v1/status/leader HTTP/1.1\r\nHost: victim\r\nConnection: close\r\n\r\n";
    for (const head of smuggling) {
      const answer = await asked(`PUT /v1/jobs HTTP/1.1\r\nHost: victim\r\n${head}${hidden}`);
      assert.deepEqual(statuses(answer), ["400"], head);
    }
    for (const [target, status, location] of astray) {
      const answer = await asked(`GET ${target} HTTP/1.1\r\nHost: victim\r\nConnection: close\r\n\r\n`);
      assert.deepEqual(statuses(answer), [status], target);
      assert.equal(/\r\nLocation: (\S*)/.exec(answer)?.[1], location, target);
    }
    const wide = "A: b\r\n".repeat(20_000);
    for (const request of [`GET /${"a".repeat(1_000_000)} HTTP/1.1\r\n`, `GET /v1/jobs HTTP/1.1\r\n${wide}`]) {
      assert.deepEqual(statuses(await asked(`${request}Host: victim\r\n\r\n`)), ["431"]);
    }
    assert.deepEqual(statuses(await asked(hidden)), ["200"]);
  }));

/** Heads and bodies of which it is not clear where they end; what follows might be taken for a request of its own. */
const smuggling = [
  "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
  "Content-Length: 0\r\nContent-Length: 70\r\n\r\n",
  "Content-Length: 0, 0\r\n\r\n",
  "Content-Length: +3\r\n\r\nabc",
  "Content-Length: 0x3\r\n\r\nabc",
  "Content-Length: -1\r\n\r\n",
  "Content-Length: 99999999999999999999\r\n\r\n",
  "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
  "Transfer-Encoding: identity\r\n\r\n",
  "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
  "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
  "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
  "Transfer-Encoding:\u000bchunked\r\n\r\n0\r\n\r\n",
  "Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n",
  "Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
  "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n\r\n",
  "Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n",
  "Transfer-Encoding: chunked\r\n\r\n0\n\n",
  "Transfer-Encoding: chunked\r\n\r\n0;a\nb\r\n\r\n",
  `Transfer-Encoding: chunked\r\n\r\n0;${"a".repeat(100_000)}\r\n\r\n`,
  "Host: other\r\n\r\n",
  "A: b\rC: d\r\n\r\n",
  "A: b\r\n c\r\n\r\n",
  "A: b\u0000c\r\n\r\n",
];

/** Targets that mean another path than they say, or none. */
const astray: readonly (readonly [target: string, status: string, location?: string])[] = [
  ["http://victim/v1/status/leader", "200"],
  ["/v1%2fstatus%2Fleader", "200"],
  ["//v1//status/leader", "301", "/v1/status/leader"],
  ["//evil.example/%2e%2e", "301", "/"],
  ["/%2f%2fevil.example/", "301", "/evil.example/"],
  ["/v1/../../etc/passwd", "301", "/etc/passwd"],
  ["/etc/passwd", "404"],
  ["/v1/job/%00", "400"],
  ["/v1/job/\u00ff", "400"],
  ["victim:80", "400"],
  ["*", "400"],
];

test("5, T1: 300 connections whose heads come a byte a second are closed, and their address is served", () =>
  withVictim(async (victim) => {
    const head = "GET /v1/status/leader HTTP/1.1\r\nHost: victim\r\nX-Slow: ";
    const slow = await Promise.all(Array.from({ length: 300 }, () => victim.dial(victim.http)));
    const began = performance.now();
    let at = 0;
    const drip = setInterval(() => {
      for (const socket of slow) if (!socket.destroyed) socket.write(head[at] ?? "x");
      at++;
    }, 1_000);
    await victim.watch(100);
    const times = await Promise.all(slow.map((socket) => closed(socket, began)));
    clearInterval(drip);
    const { failures, asked } = await victim.felt();
    assertAtMost(Math.max(...times), 15_000, "ms until the last is closed");
    assert.equal(failures, 0);
    assert.ok(asked > 50, `a bystander was answered ${asked} times`);
  }));

test("6, T25, T55: what is no UTF-8 in a job's id becomes U+FFFD, spaces are refused, and control characters are shown", () =>
  withVictim(async (victim) => {
    const lines = await victim.linesDuring(async () => {
      const raw = (id: Buffer) =>
        Buffer.concat([Buffer.from('{"Job":{"Type":"batch","Name":"x","ID":"'), id, Buffer.from('"}}')]);
      const bad = await fetch(`${victim.address}/v1/jobs`, {
        method: "PUT",
        body: new Uint8Array(raw(Buffer.from("61ff62", "hex"))),
      });
      assert.equal(bad.status, 500);
      const spaced = await fetch(`${victim.address}/v1/jobs`, {
        method: "PUT",
        body: new Uint8Array(raw(Buffer.from("a b"))),
      });
      assert.equal(spaced.status, 500);
      assert.match(await spaced.text(), /contains a space/);
      await fetch(`${victim.address}/v1/job/${encodeURIComponent("a\u001b[31m\u202eb")}`);
    });
    for (const line of lines) {
      const unprintable = [...line].filter((character) => character < " " || character === "\u202e");
      assert.deepEqual(unprintable, [], line);
    }
  }));

test("7: JSON nested 10,000 to 20,000,000 deep is refused with 400", () =>
  withVictim(async (victim) => {
    await victim.watch();
    for (const depth of [10_001, 1_000_000, 20_000_000]) {
      for (const opening of ["[", '{"a":']) {
        let answer: Answer | undefined;
        const body = Buffer.alloc(depth * opening.length, opening);
        const growth = await victim.growth(async () => {
          answer = await put(victim, "/v1/jobs", pieces(body));
        });
        assert.equal(answer?.status, depth * opening.length > 64 * MB ? 413 : 400);
        if (answer?.status === 400) assert.match(answer.text, /exceeded max depth/);
        assertAtMost(growth, opening === "[" ? 64 : 128, "MB more");
      }
    }
    const { disturbance, failures } = await victim.felt();
    assertAtMost(disturbance, mostFelt, "ms for a bystander");
    assert.equal(failures, 0);
  }));

test("8, T2: 10,000 connections that wait for nothing cost 6 KB each at most, and nobody waits for them", () =>
  withVictim(async (victim) => {
    const sockets: Socket[] = [];
    await victim.watch();
    const growth = await victim.growth(async () => {
      for (let at = 0; at < 10_000; at += 250) {
        sockets.push(...(await Promise.all(Array.from({ length: 250 }, () => victim.dial(victim.http)))));
      }
    });
    await victim.felt();
    await pause(1_000);
    const { disturbance, failures } = await victim.felt();
    const open = await victim.descriptors();
    for (const socket of sockets) socket.destroy();
    assert.ok(open > 10_000, `${open} descriptors`);
    assertAtMost(growth, 60, "MB more");
    assertAtMost(disturbance, 50, "ms for a bystander");
    assert.equal(failures, 0);
  }));

test("8b, T18, R31: the blocking queries of 3,000 clients that go away are freed within a second", () =>
  withVictim(async (victim) => {
    const index = (await fetch(`${victim.address}/v1/jobs`)).headers.get("x-nomad-index");
    const before = await victim.descriptors();
    const sockets: Socket[] = [];
    for (let at = 0; at < 3_000; at += 250) {
      const some = await Promise.all(Array.from({ length: 250 }, () => victim.dial(victim.http)));
      const query = `GET /v1/jobs?index=${index}&wait=300s HTTP/1.1\r\nHost: victim\r\n\r\n`;
      await Promise.all(some.map((socket) => send(socket, query)));
      sockets.push(...some);
    }
    await eventually("all are waiting", async () => (await victim.descriptors()) >= before + 3_000 || undefined);
    const began = performance.now();
    for (const socket of sockets) socket.destroy();
    await eventually(
      "as many descriptors as before",
      async () => (await victim.descriptors()) <= before || undefined,
      5,
    );
    assertAtMost(performance.now() - began, 1_000, "ms until all are freed");
  }));

test("12, R31: a thousand follows of a log that are broken off leave no descriptor open", { timeout: 60_000 }, () =>
  withVictim(
    async (victim) => {
      await registerJob(victim, { ID: "talker", TaskGroups: [{ Name: "g", Count: 1, Tasks: [task] }] });
      const allocation = await eventually("the task runs", async () => {
        const all = (await (await fetch(`${victim.address}/v1/job/talker/allocations`)).json()) as {
          readonly ID: string;
          readonly ClientStatus: string;
        }[];
        return all.find(({ ClientStatus }) => ClientStatus === "running")?.ID;
      });
      const path = `/v1/client/fs/logs/${allocation}?task=t&type=stdout&follow=true`;
      const follow = async () => {
        const socket = await victim.dial(victim.http);
        await send(socket, `GET ${path} HTTP/1.1\r\nHost: victim\r\n\r\n`);
        const [head] = (await once(socket, "data")) as [Buffer];
        assert.match(head.toString("latin1"), /^HTTP\/1.1 200 /);
        socket.destroy();
      };
      await follow();
      await pause(1_000);
      const before = await victim.descriptors();
      for (let round = 0; round < 20; round++) await Promise.all(Array.from({ length: 50 }, follow));
      await eventually(
        "as many descriptors as before",
        async () => (await victim.descriptors()) <= before || undefined,
        2,
      );
      await fetch(`${victim.address}/v1/job/talker`, { method: "DELETE" });
      await eventually("nothing is left of the task", async () => {
        const [status] = (await (await fetch(`${victim.address}/v1/job/talker/allocations`)).json()) as {
          readonly ClientStatus: string;
        }[];
        return status?.ClientStatus !== "running" || undefined;
      });
    },
    { client: true },
  ),
);

test("clients that ask for much and read nothing hold bounded memory, and others are served", () =>
  withVictim(async (victim) => {
    await registerJob(victim, { ID: "big", Meta: bigMeta, TaskGroups: [{ Name: "g", Count: 0, Tasks: [task] }] });
    await victim.watch();
    const sockets: Socket[] = [];
    const growth = await victim.growth(async () => {
      for (let at = 0; at < 200; at++) {
        const socket = await victim.dial(victim.http);
        socket.pause();
        sockets.push(socket);
        await send(socket, "GET /v1/job/big HTTP/1.1\r\nHost: victim\r\n\r\n".repeat(10));
      }
      await pause(2_000);
    });
    const { failures } = await victim.felt();
    for (const socket of sockets) socket.destroy();
    assert.equal(failures, 0);
    assertAtMost(growth, 600, "MB more");
  }));

const task = {
  Name: "t",
  Driver: "raw_exec",
  Config: { command: "/bin/sh", args: ["-c", "echo hello; exec sleep 3600"] },
  Resources: { CPU: 20, MemoryMB: 16, DiskMB: 150 },
  LogConfig: { MaxFiles: 1, MaxFileSizeMB: 10 },
};
/** About 4 MB. */
const bigMeta = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`k${at}`, "x".repeat(100_000)]));

interface Answer {
  readonly status: number;
  readonly text: string;
  /** Bytes of the body that were sent before the answer came. */
  readonly sent: number;
}

/** Sends a body, as long as there is no answer: in chunks, or with its length. */
function put(
  victim: Victim,
  path: string,
  body: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  length?: number,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let sent = 0;
    let answered = false;
    const headers = length === undefined ? {} : { "Content-Length": length };
    const asking = request(`${victim.address}${path}`, { method: "PUT", headers }, async (response) => {
      answered = true;
      let text = "";
      response.on("data", (part) => {
        text += part;
      });
      response.on("error", () => {});
      await once(response, "close");
      asking.destroy();
      resolve({ status: response.statusCode ?? 0, text, sent });
    });
    asking.on("error", (error) => (answered ? undefined : reject(error)));
    const gone = once(asking, "close");
    const written = (piece: Uint8Array) => new Promise<void>((done) => asking.write(piece, () => done()));
    const write = async () => {
      for await (const piece of body) {
        if (answered || asking.destroyed) return;
        await Promise.race([written(piece), gone]);
        sent += piece.length;
      }
      asking.end();
    };
    write().catch(() => {});
  });
}

function* pieces(body: Buffer): Iterable<Uint8Array> {
  for (let at = 0; at < body.length; at += MB) yield body.subarray(at, at + MB);
}
