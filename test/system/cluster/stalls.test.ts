import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Cluster } from "../support/cluster.ts";
import { eventually } from "../support/nomad.ts";
import { type Probe, probe, probed } from "../support/probes.ts";
import { scaled } from "../support/scale.ts";
import { SimulatedNodes } from "../support/simulated-nodes.ts";

/** Nothing that is asked of a server may hold up all else that it has to do. */

const NODES = scaled({ merge: 1000, release: 5000 });
const GROUPS = scaled({ merge: 5000, release: 20_000 });
/** Milliseconds of one turn of a server's event loop. */
const MOST = 100;
/** The same while all of a very large job is placed: so much garbage is made then that to collect it takes longer turns. */
const MOST_PLACING = 250;
const MEBIBYTE = 1024 * 1024;
const POSTED = 100 * MEBIBYTE;

test(
  "a hundred megabytes that are posted while nodes heartbeat hold up no server",
  {
    timeout: 240_000,
  },
  (t) =>
    withNodes(async ({ leader, nodes, look, isOver }) => {
      await look();
      await nodes.register();
      const registering = await look();
      const beating = nodes.heartbeat(10, isOver.signal);

      for (const declared of [true, false]) {
        const { status, sent } = await post(`${leader}/v1/jobs`, declared);
        assert.equal(status, 413, "what is too large is refused");
        assert.ok(sent < POSTED, "and not read to its end");
      }
      const { heartbeats } = nodes;
      await eventually("a quarter of the nodes have been heard", () => heartbeats.answered > NODES / 4 || undefined);
      const posting = await look();
      isOver.abort();
      await beating;
      const { answered, failed } = heartbeats;
      assert.ok(answered > 10 * failed, `${answered} heartbeats were answered, ${failed} failed`);
      const longest = (probes: readonly Probe[]) =>
        probes.map(({ longestStall }) => longestStall.toFixed(0)).join(", ");
      t.diagnostic(
        `longest turn of each server's event loop, ms: ${longest(registering)} while ${NODES} nodes registered`,
      );
      t.diagnostic(`${longest(posting)} while 2 x 100 MiB were posted and ${answered} heartbeats answered`);
      for (const { longestStall } of [...registering, ...posting]) assert.ok(longestStall < MOST, `${longestStall} ms`);
    }),
);

test(
  "a job of very many groups is planned, registered and placed, and holds up no server",
  {
    timeout: 300_000,
  },
  (t) =>
    withNodes(async ({ leader, nodes, look, isOver }) => {
      await nodes.register();
      const beating = nodes.heartbeat(10, isOver.signal);
      await look();
      const stalls: Record<string, readonly Probe[]> = {};
      const job = JSON.stringify({ Job: manyGroups(), Diff: true });
      const ask = async (path: string, body?: string) => {
        const method = body === undefined ? "GET" : "PUT";
        const answer = await fetch(`${leader}/v1/${path}`, { method, body: body ?? null });
        const text = await answer.text();
        assert.equal(answer.status, 200, text.slice(0, 500));
        return JSON.parse(text);
      };

      const { Diff, FailedTGAllocs } = await ask("job/many/plan", job);
      assert.deepEqual([Diff.TaskGroups.length, FailedTGAllocs], [GROUPS, {}]);
      stalls.planned = await look();
      await ask("jobs", job);
      stalls.registered = await look();
      await eventually(
        "all is placed",
        async () => (await ask("job/many/allocations")).length === GROUPS || undefined,
        120,
      );
      stalls.placed = await look();
      isOver.abort();
      await beating;
      for (const [what, probes] of Object.entries(stalls)) {
        const longest = probes.map(({ longestStall }) => longestStall.toFixed(0)).join(", ");
        t.diagnostic(`longest turn of each server's event loop while ${GROUPS} groups were ${what}, ms: ${longest}`);
      }
      for (const [what, probes] of Object.entries(stalls)) {
        const most = what === "placed" ? MOST_PLACING : MOST;
        for (const { longestStall } of probes) assert.ok(longestStall < most, `${longestStall} ms while ${what}`);
      }
    }),
);

interface Story {
  /** The address of the leader's HTTP API. */
  readonly leader: string;
  readonly nodes: SimulatedNodes;
  /** What each server has been through since the last look. */
  readonly look: () => Promise<readonly Probe[]>;
  readonly isOver: AbortController;
}

/** Three servers that can be looked at, and nodes that know the leader and are not registered yet. */
async function withNodes(tell: (story: Story) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "nomad-stalls-"));
  const cluster = await Cluster.start({ servers: 3, clients: 0, env: probed(directory) });
  const isOver = new AbortController();
  let nodes: SimulatedNodes | undefined;
  try {
    const leader = await cluster.leader();
    nodes = new SimulatedNodes(cluster.rpcAddress(leader), NODES);
    const look = () => Promise.all(cluster.servers.map((server) => probe(cluster, server, directory)));
    await tell({ leader: cluster.address(leader), nodes, look, isOver });
  } finally {
    isOver.abort();
    await nodes?.close();
    await cluster.dispose();
    await rm(directory, { recursive: true, force: true });
  }
}

function manyGroups() {
  const task = {
    Name: "main",
    Driver: "exec",
    Config: { command: "/bin/true" },
    LogConfig: { MaxFiles: 1, MaxFileSizeMB: 1 },
    Resources: { CPU: 20, MemoryMB: 10, DiskMB: 10 },
  };
  const TaskGroups = Array.from({ length: GROUPS }, (_, at) => ({ Name: `group-${at}`, Count: 1, Tasks: [task] }));
  return { ID: "many", Name: "many", Type: "service", Priority: 50, Datacenters: ["dc1"], TaskGroups };
}

/** Posts a job that is too large, whose size is told before or not; the status, and how much was taken. */
async function post(url: string, declared: boolean): Promise<{ status: number; sent: number }> {
  const { hostname, port, pathname } = new URL(url);
  const head = Buffer.from('{"Job":{"ID":"');
  const piece = Buffer.alloc(MEBIBYTE, "x");
  return new Promise((resolve, reject) => {
    let sent = 0;
    let isAnswered = false;
    const headers = declared ? { "Content-Length": POSTED } : {};
    const posting = request({ hostname, port, path: pathname, method: "PUT", headers }, (answer) => {
      isAnswered = true;
      answer.resume();
      answer.on("end", () => {
        posting.destroy();
        resolve({ status: answer.statusCode ?? 0, sent });
      });
    });
    posting.on("error", (error) => {
      if (!isAnswered) reject(error);
    });
    const write = () => {
      while (!isAnswered && sent < POSTED) {
        sent += piece.length;
        if (!posting.write(sent === piece.length ? Buffer.concat([head, piece.subarray(head.length)]) : piece)) {
          posting.once("drain", write);
          return;
        }
      }
    };
    write();
  });
}
