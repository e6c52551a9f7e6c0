import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { test } from "node:test";
import { SeededRandom } from "../../../src/base/index.ts";
import { recorded } from "../../../src/gossip/testing/recorded.ts";
import { encodeFields } from "../../../src/gossip/wire/fields.ts";
import { MESSAGE } from "../../../src/gossip/wire/swim-messages.ts";
import { damaged } from "../../fuzz/mutations.ts";
import { scaled } from "../support/scale.ts";
import { assertAtMost, closed, pause, send } from "./attacks.ts";
import { type Victim, withVictim } from "./victim.ts";

/** The nasty inputs of the gossip port. A number before a name is the row of the list in docs/reliability.md. */

const claim = (fields: Record<string, number | boolean>) =>
  Buffer.concat([Uint8Array.of(MESSAGE.pushPull), encodeFields({ Join: false, ...fields })]);

const lies: Readonly<Record<string, Uint8Array>> = {
  "3, T9: a push/pull that claims 2^31 members": claim({ Nodes: 2 ** 31, UserStateLen: 0 }),
  "3, T9: a push/pull that claims 2^31 bytes of state": claim({ Nodes: 0, UserStateLen: 2 ** 31 }),
  "3b, T9: a map of 4 G entries": Buffer.from("06dfffffffff", "hex"),
  "T9: a compression of 4 GB": Buffer.from("0982a4416c676f00a3427566dbffffffff", "hex"),
  "T9: encryption where there is none, of 4 GB": Buffer.from("0affffffff", "hex"),
};

test("lies about lengths over TCP cost nothing, and the connection", () =>
  withVictim(async (victim) => {
    for (const [what, bytes] of Object.entries(lies)) {
      const growth = await victim.growth(async () => {
        const socket = await victim.dial(victim.serf);
        const began = performance.now();
        await send(socket, bytes);
        assertAtMost(await closed(socket, began), 1_000, `ms until it is closed, ${what}`);
      });
      assertAtMost(growth, 16, `MB more, ${what}`);
    }
  }));

test("3c, T9: 50,000 random datagrams: the server lives, and writes a line a second at most", { timeout: 60_000 }, () =>
  withVictim(async (victim) => {
    const random = new SeededRandom("udp");
    const packets = scaled({ merge: 50_000, release: 500_000 });
    const noise = () => Buffer.from(Array.from({ length: 1 + random.below(200) }, () => random.below(256)));
    await datagrams(victim, { count: packets, linesASecond: 1 }, noise);
  }),
);

test("T9, T10: 50,000 datagrams that are almost good: the server lives, quiet and alone", { timeout: 60_000 }, () =>
  withVictim(async (victim) => {
    const random = new SeededRandom("almost");
    const { state: _, encryptedState: __, ...packets } = recorded;
    const samples = Object.values(packets).map((packet) => (packet[0] === 12 ? packet.subarray(5) : packet));
    // One of what cannot be read, and one of each thing that any peer can bring about.
    await datagrams(victim, { count: scaled({ merge: 50_000, release: 500_000 }), linesASecond: 5 }, () =>
      damaged(samples, random),
    );
    const members = (await (await fetch(`${victim.address}/v1/agent/members`)).json()) as readonly {
      readonly Name: string;
    }[];
    assert.deepEqual(
      members.map(({ Name }) => Name),
      ["victim.global"],
      "whoever is no server was not taken in",
    );
  }),
);

/** Sends datagrams from one source, no faster than they are taken, and looks at what that costs. */
async function datagrams(
  victim: Victim,
  { count, linesASecond }: { readonly count: number; readonly linesASecond: number },
  packet: () => Uint8Array,
): Promise<void> {
  const socket = createSocket("udp4");
  const began = performance.now();
  try {
    let lines: readonly string[] = [];
    await victim.watch(50);
    const growth = await victim.growth(async () => {
      lines = await victim.linesDuring(async () => {
        for (let sent = 0; sent < count; sent += 200) {
          const batch = Array.from(
            { length: 200 },
            () => new Promise((resolve) => socket.send(packet(), victim.serf, "127.0.0.1", resolve)),
          );
          await Promise.all(batch);
          await pause(1);
        }
        await pause(500);
      });
    });
    const seconds = (performance.now() - began) / 1000;
    assert.equal((await victim.felt()).failures, 0);
    assertAtMost(growth, 64, "MB more");
    assertAtMost(lines.length, linesASecond * (seconds + 3), "lines");
  } finally {
    socket.close();
  }
}
