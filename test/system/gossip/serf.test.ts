import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import {
  type Gossip,
  type GossipOptions,
  Keyring,
  LAN_TIMING,
  type PoolEvent,
  startGossip,
} from "../../../src/gossip/index.ts";
import { nodeRuntime } from "../../../src/runtime/node/index.ts";
import { eventually } from "../support/nomad.ts";
import { lossy } from "./lossy-network.ts";
import { SerfAgent, serverTags, withoutSerf } from "./serf-agent.ts";

/** Members of ours beside Debian's serf, in real processes over real sockets. */

interface Ours {
  readonly gossip: Gossip;
  readonly events: PoolEvent[];
  readonly log: string[];
}

const running: { close(): Promise<unknown> }[] = [];
after(async () => {
  for (const each of running) await each.close();
});

const tags = { role: "nomad", region: "global", dc: "dc1", vsn: "1", mvn: "1", build: "0.4.1", port: "4647" };

async function ours(name: string, options: Partial<GossipOptions> = {}, loss = 0): Promise<Ours> {
  const events: PoolEvent[] = [];
  const log: string[] = [];
  const runtime = nodeRuntime({ logLevel: "DEBUG", writeLog: (line) => log.push(line) });
  runtime.log.release();
  const network = lossy(runtime.network, loss, name);
  const gossip = await startGossip(
    { ...runtime, network },
    { name, bind: "127.0.0.1:0", tags, timing: LAN_TIMING, onEvent: (event) => events.push(event), ...options },
  );
  running.push(gossip);
  return { gossip, events, log };
}

async function serf(name: string, options: Parameters<typeof SerfAgent.start>[1] = {}): Promise<SerfAgent> {
  const agent = await SerfAgent.start(name, options);
  running.push({ close: () => agent.stop() });
  return agent;
}

const statusOf = ({ gossip }: Ours, name: string) => gossip.members().find(({ Name }) => Name === name)?.Status;

/** Waits until each side sees the other in these states. */
async function seen(what: string, us: Ours, them: SerfAgent, states: { readonly us?: string; readonly them?: string }) {
  const ourName = us.gossip.members().find(({ Port }) => us.gossip.address.endsWith(`:${Port}`))?.Name as string;
  await eventually(
    what,
    async () => {
      const theySee = (await them.members().catch(() => undefined))?.get(ourName)?.status;
      const isSeen = states.us === undefined || theySee === states.us;
      return (isSeen && (states.them === undefined || statusOf(us, them.name) === states.them)) || undefined;
    },
    40,
  );
}

/** Where a deadline is missed, what each side has said tells why. */
async function tellingBothSides(us: Ours, them: SerfAgent, story: () => Promise<void>): Promise<void> {
  try {
    await story();
  } catch (error) {
    const { message } = error as Error;
    throw new Error(`${message}\n--- we:\n${us.log.join("")}\n--- ${them.name}:\n${them.output}`, { cause: error });
  }
}

// Side by side: each has a pool of its own, and mostly waits.
describe("beside Debian's serf", { skip: withoutSerf, concurrency: 3 }, () => {
  test("while three in ten datagrams are lost for half a minute, nobody is taken for dead", async () => {
    const them = await serf("serf-g");
    const members = [];
    for (const number of [1, 2, 3]) members.push(await ours(`ours-g${number}.global`, {}, 0.3));
    for (const each of members) await each.gossip.join([them.address]);
    await new Promise((resolve) => setTimeout(resolve, 30_000));
    for (const { events } of members) assert.ok(!events.some(({ kind }) => kind === "failed"));
    assert.doesNotMatch(them.output, /EventMemberFailed/);
    assert.equal(
      (await them.members())
        .values()
        .filter(({ status }) => status === "alive")
        .toArray().length,
      4,
    );
    for (const each of members) await each.gossip.close();
  });

  for (const [how, key] of [
    ["in the clear", undefined],
    ["encrypted", Buffer.alloc(32, 7)],
  ] as const) {
    test(`we join it, each sees the other's tags, events and queries, and we leave (${how})`, async () => {
      const them = await serf(`serf-a-${how.length}`, { key });
      const us = await ours(`ours-a-${how.length}.global`, { keyring: key && new Keyring(key) });
      assert.deepEqual(await us.gossip.join([them.address]), { joined: 1, error: "" });
      await seen("both alive", us, them, { us: "alive", them: "alive" });
      const ourName = `ours-a-${how.length}.global`;
      assert.deepEqual((await them.members()).get(ourName)?.tags, tags);
      const theirs = us.gossip.members().find(({ Name }) => Name === them.name);
      assert.deepEqual({ ...theirs?.Tags }, serverTags);

      us.gossip.setTags({ ...tags, build: "0.4.2" });
      await eventually("our new tags are seen", async () =>
        (await them.members()).get(ourName)?.tags.build === "0.4.2" ? true : undefined,
      );
      await them.command("tags", "-set", "build=0.9.4");
      await eventually("their new tags are seen", () =>
        us.gossip.members().some(({ Tags }) => Tags.build === "0.9.4") ? true : undefined,
      );

      us.gossip.sendEvent("ours", Buffer.from("hello"));
      await them.wrote("Received event: user-event: ours");
      await them.command("event", "theirs", "hello");
      await eventually("their event", () =>
        us.events.some((event) => event.kind === "user" && event.name === "theirs") ? true : undefined,
      );
      const { acknowledged } = await us.gossip.query("who");
      assert.deepEqual([...acknowledged].sort(), [ourName, them.name].sort());
      assert.match(await them.command("query", "-relay-factor=1", "who"), new RegExp(`Ack from '${ourName}'`));

      await us.gossip.leave();
      await seen("they see us gone", us, them, { us: "left" });
    });

    test(`it joins us, and each failure, return and goodbye is seen (${how})`, async () => {
      const us = await ours(`ours-b-${how.length}.global`, { keyring: key && new Keyring(key) });
      const them = await serf(`serf-b-${how.length}`, { key });
      await tellingBothSides(us, them, async () => {
        await them.command("join", us.gossip.address);
        await seen("both alive", us, them, { us: "alive", them: "alive" });

        them.signal("SIGSTOP");
        await eventually("we see it fail", () => (statusOf(us, them.name) === "failed" ? true : undefined), 40);
        assert.ok(us.log.some((line) => line.includes(`[INFO] serf: EventMemberFailed: ${them.name} 127.0.0.1`)));
        them.signal("SIGCONT");
        await seen("both alive again", us, them, { us: "alive", them: "alive" });

        them.signal("SIGINT");
        await eventually("we see it leave", () => (statusOf(us, them.name) === "left" ? true : undefined), 40);
        assert.ok(us.log.some((line) => line.includes(`[INFO] serf: EventMemberLeave: ${them.name} 127.0.0.1`)));
      });
    });
  }

  test("it sees us fail, and sends us away for good", async () => {
    const them = await serf("serf-c");
    const us = await ours("ours-c.global");
    const witness = await ours("witness-c.global");
    for (const each of [us, witness]) await each.gossip.join([them.address]);
    await seen("both alive", us, them, { us: "alive", them: "alive" });
    await us.gossip.close();
    await seen("they see us fail", us, them, { us: "failed" });
    await them.command("force-leave", "ours-c.global");
    await seen("they see us gone", us, them, { us: "left" });
    await eventually("the witness too", () => (statusOf(witness, "ours-c.global") === "left" ? true : undefined));
    await witness.gossip.close();
  });

  test("we see it fail, and send it away for good", async () => {
    const [them, other] = [await serf("serf-d"), await serf("other-d")];
    const us = await ours("ours-d.global");
    assert.equal((await us.gossip.join([them.address, other.address])).joined, 2);
    await seen("all alive", us, other, { us: "alive", them: "alive" });
    await them.stop();
    await eventually("we see it fail", () => (statusOf(us, "serf-d") === "failed" ? true : undefined), 40);
    us.gossip.forceLeave("serf-d");
    await eventually("the other sees it gone", async () =>
      (await other.members()).get("serf-d")?.status === "left" ? true : undefined,
    );
    await us.gossip.close();
  });

  test("its keys and ours are changed together", async () => {
    const [old, fresh] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
    const them = await serf("serf-e", { key: old });
    const us = await ours("ours-e.global", { keyring: new Keyring(old) });
    await us.gossip.join([them.address]);
    await them.command("keys", `-install=${fresh.toString("base64")}`);
    const { keys, answers } = await us.gossip.keys.list();
    assert.equal(answers, 2);
    assert.equal(keys.get(fresh.toString("base64")), 2);
    assert.deepEqual([...(await us.gossip.keys.use(fresh)).problems], []);
    assert.deepEqual([...(await us.gossip.keys.remove(old)).problems], []);
    assert.doesNotMatch(await them.command("keys", "-list"), new RegExp(old.toString("base64").replaceAll("+", "\\+")));
    assert.equal(statusOf(us, "serf-e"), "alive");
    await us.gossip.close();
  });

  test("a stranger who is no server, or has no key, does not get in", async () => {
    const them = await serf("serf-f", { args: ["-tag", "role=db"] });
    const objection = ({ name, tags: { role } }: { name: string; tags: { role?: string } }) =>
      role === "nomad" ? undefined : `member '${name}' is not a server`;
    const us = await ours("ours-f.global", { objection });
    const { joined, error } = await us.gossip.join([them.address]);
    assert.equal(joined, 0);
    assert.match(
      error,
      /^1 error\(s\) occurred:\n\n\* Failed to join 127\.0\.0\.1:\d+: member 'serf-f' is not a server$/,
    );
    const locked = await ours("locked-f.global", { keyring: new Keyring(Buffer.alloc(32, 3)) });
    assert.match((await locked.gossip.join([them.address])).error, /Encryption is configured but remote state is not/);
    for (const each of [us, locked]) await each.gossip.close();
  });
});
