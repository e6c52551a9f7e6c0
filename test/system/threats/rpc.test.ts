import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { after, before, describe, test } from "node:test";
import { SeededRandom } from "../../../src/base/index.ts";
import { encodeHeader, frameFlag, frameType } from "../../../src/rpc/frame.ts";
import { eventually } from "../support/nomad.ts";
import { scaled } from "../support/scale.ts";
import { assertAtMost, call, closed, dataFrame, first, heard, MB, openStream, pause, send } from "./attacks.ts";
import { registerJob, Victim, withVictim } from "./victim.ts";

/** The nasty inputs of the RPC port. A number before a name is the row of the list in docs/reliability.md. */

describe("RPC: what ends a connection", { concurrency: true }, () => {
  let victim: Victim;
  before(async () => {
    victim = await Victim.start();
  });
  after(() => victim.dispose());

  test("2: 5 MB of nested arrays after a good header are answered with an error, and the connection ends", async () => {
    const socket = await victim.dial(victim.rpc);
    const answer = heard(socket);
    const header = call("Status.Ping").subarray(0, -1);
    await send(socket, Buffer.concat([first.rpc, header, Buffer.alloc(5 * MB, 0x91)]));
    assert.match((await answer).toString("latin1"), /maximum decoding depth of 64 exceeded/);
  });

  const strangers: Readonly<Record<string, Uint8Array | string>> = {
    "a text of 4 GB": Buffer.concat([first.rpc, Buffer.from("dbffffffff", "hex")]),
    "a map of 4 G entries": Buffer.concat([first.rpc, Buffer.from("dfffffffff", "hex")]),
    "a list of 4 G entries in a body": Buffer.concat([
      first.rpc,
      call("Status.Ping").subarray(0, -1),
      Buffer.from("ddffffffff", "hex"),
    ]),
    HTTP: "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "an unknown first byte": Buffer.from([0x77, 1, 2, 3]),
    TLS: Buffer.from("16030100a5010000a10303", "hex"),
    "TLS behind Nomad's byte for it": Buffer.concat([first.tls, Buffer.from("16030100a5010000a10303", "hex")]),
    "yamux of another version": Buffer.concat([first.yamux, Buffer.alloc(12, 9)]),
    "a yamux frame of 4 GB": Buffer.concat([
      first.yamux,
      openStream(1),
      encodeHeader({ type: frameType.data, flags: 0, stream: 1, length: 0xffff_ffff }),
    ]),
    "Raft with a message of 4 GB": Buffer.concat([first.raft, Buffer.from("ffffffff", "hex")]),
    "random bytes to Raft": Buffer.concat([first.raft, Buffer.from("00000010", "hex"), Buffer.alloc(16, 0xa7)]),
  };
  for (const [what, bytes] of Object.entries(strangers)) {
    test(`2b, T4: ${what} is closed within a second`, async () => {
      const socket = await victim.dial(victim.rpc);
      const began = performance.now();
      await send(socket, bytes);
      assertAtMost(await closed(socket, began), 1_000, "ms until it is closed");
    });
  }

  test("2d, T1: who says nothing is closed after five seconds, whatever the first byte, and who says it byte by byte too", async () => {
    const beginnings = [Buffer.alloc(0), first.rpc, first.yamux, first.raft];
    const times = beginnings.map(async (beginning) => {
      const socket = await victim.dial(victim.rpc);
      await send(socket, beginning);
      return closed(socket, performance.now());
    });
    const slow = await victim.dial(victim.rpc);
    const header = Buffer.concat([first.rpc, call("Status.Ping")]);
    const began = performance.now();
    let at = 0;
    const drip = setInterval(() => slow.write(header.subarray(at, ++at)), 400);
    times.push(closed(slow, began).finally(() => clearInterval(drip)));
    for (const time of await Promise.all(times)) {
      assert.ok(time > 4_000 && time < 6_000, `closed after ${time.toFixed()} ms`);
    }
  });
});

test("2c, T6: 100,000 yamux frames that open streams cost 16 MB at most, and the connection", () =>
  withVictim(async (victim) => {
    const flood = Buffer.concat(Array.from({ length: 100_000 }, (_, at) => openStream(2 * at + 1)));
    const warm = await victim.dial(victim.rpc);
    await send(warm, Buffer.concat([first.yamux, flood.subarray(0, 12 * 2_000)]));
    await closed(warm);
    const growth = await victim.growth(async () => {
      const socket = await victim.dial(victim.rpc);
      const ended = closed(socket);
      await send(socket, first.yamux);
      await send(socket, flood);
      await ended;
    });
    assertAtMost(growth, 16, "MB more");
  }));

test("T6: floods of pings, windows, unknown streams and data beyond the window cost 16 MB at most", () =>
  withVictim(async (victim) => {
    const times = 50_000;
    const frames = (frame: (at: number) => Uint8Array) =>
      Buffer.concat([openStream(1), ...Array.from({ length: times }, (_, at) => frame(at))]);
    const floods = [
      frames((at) => encodeHeader({ type: frameType.ping, flags: frameFlag.syn, stream: 0, length: at })),
      frames(() => encodeHeader({ type: frameType.windowUpdate, flags: 0, stream: 1, length: 1 })),
      frames((at) =>
        encodeHeader({ type: frameType.windowUpdate, flags: frameFlag.rst, stream: 3 + 2 * at, length: 0 }),
      ),
      frames((at) => dataFrame(3 + 2 * at, Buffer.alloc(1))),
      Buffer.concat([
        openStream(1),
        dataFrame(1, Buffer.alloc(256 * 1024)),
        dataFrame(1, Buffer.alloc(256 * 1024, 0x91)),
      ]),
    ];
    const attack = async (flood: Uint8Array) => {
      const socket = await victim.dial(victim.rpc);
      await send(socket, first.yamux);
      const sent = send(socket, flood);
      // Nothing of what is answered is read.
      await Promise.race([sent, pause(2_000)]);
      socket.destroy();
    };
    await attack(floods[0] as Uint8Array);
    for (const flood of floods) assertAtMost(await victim.growth(() => attack(flood)), 16, "MB more");
  }));

test("T5: 64 MB of small maps, the costliest message for its length, is refused at little cost", () =>
  withVictim(async (victim) => {
    const header = call("Status.Ping").subarray(0, -1);
    const message = Buffer.concat([Buffer.from("dd03fffff0", "hex"), Buffer.alloc(0x03ff_fff0 - 8, 0x80)]);
    await victim.watch();
    const growth = await victim.growth(async () => {
      const socket = await victim.dial(victim.rpc);
      const ended = heard(socket);
      await send(socket, Buffer.concat([first.rpc, header, message]));
      socket.end();
      await ended;
    });
    const { disturbance } = await victim.felt();
    assertAtMost(growth, 512, "MB more");
    assertAtMost(disturbance, 100, "ms for a bystander");
  }));

test(
  "peers who ask for much and read nothing hold bounded memory, and are closed within a minute",
  { timeout: 90_000 },
  () =>
    withVictim(async (victim) => {
      await registerBig(victim);
      await victim.watch();
      const before = await victim.descriptors();
      const growth = await victim.growth(async () => {
        const sockets = await Promise.all(Array.from({ length: 4 }, () => victim.dial(victim.rpc)));
        for (const socket of sockets) {
          socket.pause();
          const asks = Array.from({ length: 200 }, (_, at) => {
            const stream = 2 * at + 1;
            const asking = call("Job.GetJob", { JobID: "big", Region: "global" });
            return Buffer.concat([openStream(stream), dataFrame(stream, asking)]);
          });
          await send(socket, Buffer.concat([first.yamux, ...asks]));
        }
        await pause(scaled({ merge: 5_000, release: 0 }));
        const isRelease = scaled({ merge: 0, release: 1 }) === 1;
        if (isRelease)
          await eventually("all four are closed", async () => (await victim.descriptors()) <= before || undefined, 60);
        for (const socket of sockets) socket.destroy();
      });
      assert.equal((await victim.felt()).failures, 0);
      assertAtMost(growth, 512, "MB more");
    }),
);

test("R31: a thousand connections to the RPC port leave no descriptor open", () =>
  withVictim(async (victim) => {
    const before = await victim.descriptors();
    for (let round = 0; round < 20; round++) {
      const sockets = await Promise.all(Array.from({ length: 50 }, () => victim.dial(victim.rpc)));
      for (const [at, socket] of sockets.entries()) {
        await send(socket, at % 2 === 0 ? Buffer.concat([first.rpc, call("Status.Ping")]) : first.yamux);
        socket.destroy();
      }
    }
    await eventually(
      "as many descriptors as before",
      async () => (await victim.descriptors()) <= before || undefined,
      10,
    );
  }));

test("random bytes to RPC and Raft for a while: the server lives, small and quiet", () =>
  withVictim(async (victim) => {
    const random = new SeededRandom("garbage");
    const seconds = scaled({ merge: 4, release: 10 });
    const noise = () => Buffer.from(Array.from({ length: 1 + random.below(300) }, () => random.below(256)));
    let connections = 0;
    await victim.watch();
    let lines: readonly string[] = [];
    const growth = await victim.growth(async () => {
      lines = await victim.linesDuring(async () => {
        const until = performance.now() + seconds * 1000;
        const attacker = async () => {
          while (performance.now() < until) {
            const beginning = [Buffer.alloc(0), first.rpc, first.raft, first.yamux][random.below(4)] as Buffer;
            const socket: Socket = await victim.dial(victim.rpc);
            connections++;
            await send(socket, Buffer.concat([beginning, noise()]));
            if (random.below(2) === 0) await Promise.race([closed(socket), pause(20)]);
            socket.destroy();
          }
        };
        await Promise.all(Array.from({ length: 8 }, attacker));
      });
    });
    assert.equal((await victim.felt()).failures, 0);
    assert.ok(connections > 100, `${connections} connections`);
    assertAtMost(growth, 192, "MB more");
    // One line a second tells of RPC, and one of Raft.
    assertAtMost(lines.length, 2 * (seconds + 2), "lines");
  }));

/** A job of about 4 MB. */
function registerBig(victim: Victim): Promise<void> {
  const Meta = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`k${at}`, "x".repeat(100_000)]));
  const task = {
    Name: "t",
    Driver: "raw_exec",
    Config: { command: "/bin/true" },
    Resources: { CPU: 20, MemoryMB: 16, DiskMB: 150 },
  };
  return registerJob(victim, { ID: "big", Meta, TaskGroups: [{ Name: "g", Count: 0, Tasks: [task] }] });
}
