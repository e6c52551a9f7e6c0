import assert from "node:assert/strict";
import { test } from "node:test";
import { minutes, SeededRandom, seconds } from "../base/index.ts";
import { SimNetwork, VirtualTime } from "../sim/index.ts";
import { Keyring } from "./keyring.ts";
import { NOMAD_SERF_TIMING } from "./serf/serf.ts";
import { Pool, type PoolMember } from "./testing/pool.ts";

/** Whole pools in one process, under a seed: what SWIM promises, with real hosts over a simulated network. */

function pool(seed: string): Pool {
  const time = new VirtualTime();
  const network = new SimNetwork(time, new SeededRandom(`${seed} network`));
  return new Pool(time, (host) => network.at(host), seed);
}

const names = (members: readonly PoolMember[]) => members.map(({ name }) => name);
const failures = (members: readonly PoolMember[]) =>
  members.flatMap(({ name, events }) =>
    events.flatMap((event) => (event.kind === "failed" ? [`${name} saw ${event.member.Name} fail`] : [])),
  );

test("twenty members who join by one all know each other within seconds", async () => {
  const it = pool("join");
  const members = await it.grow(20);
  const took = await it.until("all see all alive", () => it.allSee(names(members), "alive"), seconds(30));
  assert.ok(took < 5, `it took ${took} s`);
  assert.deepEqual(it.members[3]?.gossip.members().find(({ Name }) => Name === "m7")?.Tags.role, "nomad");
  assert.deepEqual(failures(members), []);
  await it.close();
});

test("a member that crashes is seen to fail by all, and by nobody before it does", async () => {
  const it = pool("crash");
  const members = await it.grow(20);
  await it.until("all see all alive", () => it.allSee(names(members), "alive"), seconds(30));
  await it.pass(seconds(20));
  const [victim] = it.members.slice(-1) as [PoolMember];
  await it.crash(victim);
  const took = await it.until("all see it fail", () => it.allSee([victim.name], "failed"), minutes(1));
  assert.ok(took > 2 && took < 30, `it took ${took} s`);
  assert.equal(failures(it.members).length, 19);
  await it.close();
});

test("a member measures what waits to be told, who connects, and how long exchanges take", async () => {
  const it = pool("measured");
  const [first, second] = (await it.grow(2)) as [PoolMember, PoolMember];
  await it.pass(seconds(70));
  for (const queue of ["Event", "Intent", "Query"]) {
    assert.equal(first.measured.get(`serf.queue.${queue}`)?.length, 3, "at once, and every half a minute");
  }
  assert.ok((first.measured.get("memberlist.tcp.accept")?.length ?? 0) > 0);
  assert.ok((second.measured.get("memberlist.tcp.connect")?.length ?? 0) > 0);
  assert.ok((second.measured.get("memberlist.pushPullNode")?.length ?? 0) > 0);
  assert.deepEqual(second.measured.get("memberlist.health.score"), [0]);
  await it.close();
});

test("probes, rumours, messages and answers are measured under the names of memberlist and Serf", async () => {
  const it = pool("figures");
  const [first, second] = (await it.grow(5, { snapshotPath: "/serf/snapshot" })) as [PoolMember, PoolMember];
  await it.settled(first.gossip.query("where"));
  await it.pass(seconds(20));
  const of = (name: string) => first.measured.get(name) ?? [];
  assert.equal(of("memberlist.msg.alive").length, 4, "one for each of the others");
  assert.ok(of("memberlist.probeNode").length >= 10);
  assert.ok(of("memberlist.probeNode").every((took) => took < 500));
  assert.ok(of("memberlist.tcp.sent").some((bytes) => bytes > 100));
  assert.ok(of("serf.msgs.received").length > 0);
  assert.ok(of("serf.msgs.sent").every((bytes) => bytes > 10 && bytes < 1_400));
  assert.deepEqual(of("serf.query_acks"), [1, 1, 1, 1, 1]);
  assert.ok(of("serf.snapshot.compact").length > 0 && of("serf.snapshot.appendLine").length > 0);
  assert.deepEqual(
    ["memberlist.msg.suspect", "memberlist.msg.dead", "memberlist.degraded.probe", "serf.member.flap"].flatMap(of),
    [],
    "all is well so far",
  );

  it.faults.side.set("10.0.0.2", "alone");
  await it.until("it fails", () => first.events.some(({ kind }) => kind === "failed"), minutes(2));
  assert.ok(of("memberlist.msg.suspect").length > 0 && of("memberlist.msg.dead").length > 0);
  const givesUp = () => second.events.some(({ kind }) => kind === "failed");
  await it.until("it takes another for dead", givesUp, minutes(1));
  it.faults.side.clear();
  await it.until("it is back", () => it.allSee(["m2"], "alive"), minutes(2));
  assert.ok(of("serf.member.flap").length > 0);
  assert.ok((second.measured.get("memberlist.degraded.probe") ?? []).length > 0, "it hears nobody, and doubts itself");
  assert.ok((second.measured.get("memberlist.degraded.timeout") ?? []).length > 0, "nobody confirms what it holds");
  await it.close();
});

test("three servers see a failure within ten seconds", async () => {
  const it = pool("three");
  await it.grow(3);
  await it.pass(seconds(5));
  const [victim] = it.members.slice(-1) as [PoolMember];
  await it.crash(victim);
  const took = await it.until("both see it fail", () => it.allSee([victim.name], "failed"), seconds(30));
  assert.ok(took <= 10, `it took ${took} s`);
  assert.ok(it.members[0]?.lines.some((line) => line === "[INFO] serf: EventMemberFailed: m3 10.0.0.3"));
  await it.close();
});

test("nobody is taken for dead while three in ten datagrams are lost", async () => {
  const it = pool("loss");
  const members = await it.grow(20);
  it.faults.loss = 0.3;
  await it.pass(minutes(2));
  assert.deepEqual(failures(members), []);
  assert.ok(it.allSee(names(members), "alive"));
  const [victim] = it.members.slice(-1) as [PoolMember];
  await it.crash(victim);
  const took = await it.until("all see the truth", () => it.allSee([victim.name], "failed"), minutes(2));
  assert.ok(took < 60, `it took ${took} s`);
  await it.close();
});

test("five who lose a fifth of all packets, and most connections, take nobody for dead", async () => {
  const it = pool("fifth");
  const members = await it.grow(5);
  it.faults.loss = 0.2;
  it.faults.brokenConnections = 0.75;
  await it.pass(minutes(10));
  const suspicions = members.flatMap(({ lines }) => lines.filter((line) => line.includes("no acks received")));
  assert.ok(suspicions.length > 50, "there was reason enough to suspect somebody");
  assert.deepEqual(failures(members), []);
  await it.close();
});

test("a member that cannot hear or speak for a moment objects to the suspicion and lives on", async () => {
  const it = pool("refute");
  const members = await it.grow(10);
  await it.until("all see all alive", () => it.allSee(names(members), "alive"), seconds(30));
  it.faults.side.set("10.0.0.5", "alone");
  await it.until(
    "somebody suspects it",
    () => members.some(({ lines }) => lines.some((line) => line.includes("Suspect m5 has failed"))),
    seconds(30),
  );
  it.faults.side.clear();
  await it.pass(minutes(1));
  assert.deepEqual(
    failures(members).filter((line) => line.includes("saw m5")),
    [],
  );
  assert.ok(members[4]?.lines.some((line) => /Refuting a suspect message/.test(line)));
  await it.close();
});

test("after a partition both sides find each other again without being told", async () => {
  const it = pool("partition");
  const members = await it.grow(10);
  await it.until("all see all alive", () => it.allSee(names(members), "alive"), seconds(30));
  for (const { address } of members.slice(0, 4)) it.faults.side.set(address.replace(":4648", ""), "left");
  const sees = (from: PoolMember, name: string) =>
    from.gossip.members().find(({ Name }) => Name === name)?.Status ?? "none";
  await it.until(
    "each side sees the other fail",
    () => sees(members[0] as PoolMember, "m9") === "failed" && sees(members[9] as PoolMember, "m1") === "failed",
    minutes(2),
  );
  await it.pass(minutes(2));
  it.faults.side.clear();
  const took = await it.until("all see all alive", () => it.allSee(names(members), "alive"), minutes(10));
  assert.ok(took < 300, `it took ${took} s`);
  await it.close();
});

test("who leaves is seen to leave, not to fail, and is not sought again", async () => {
  const it = pool("leave");
  const members = await it.grow(5);
  await it.pass(seconds(5));
  const leaver = members[4] as PoolMember;
  await it.settled(leaver.gossip.leave());
  await it.crash(leaver);
  await it.until("all see it gone", () => it.allSee(["m5"], "left"), seconds(10));
  await it.pass(minutes(5));
  assert.deepEqual(failures(it.members), []);
  assert.ok(it.members.every(({ lines }) => !lines.some((line) => line.includes("attempting reconnect"))));
  assert.ok(!leaver.lines.includes("[WARN] serf: Shutdown without a Leave"));
  assert.deepEqual(it.members[0]?.measured.get("serf.member.left"), [1], "by the name that Serf counts it under");
  await it.close();
});

test("who has left goes on to answer for as long as it runs", async () => {
  const it = pool("stay");
  const members = await it.grow(3);
  await it.pass(seconds(3));
  await it.settled(members[2]!.gossip.leave());
  await it.pass(minutes(3));
  assert.ok(it.allSee(["m1", "m2"], "alive"));
  assert.deepEqual(failures(members), []);
  await it.close();
});

test("a failed member is sought again until it is sent away, and that is told to all", async () => {
  const it = pool("force");
  const serfTiming = { ...NOMAD_SERF_TIMING, tombstoneTimeout: minutes(1) };
  const members = await it.grow(4, { serfTiming });
  await it.pass(seconds(5));
  const victim = members[3] as PoolMember;
  await it.crash(victim);
  await it.until("all see it fail", () => it.allSee(["m4"], "failed"), minutes(1));
  await it.pass(minutes(5));
  assert.ok(it.members.some(({ lines }) => lines.includes("[INFO] serf: attempting reconnect to m4 10.0.0.4:4648")));
  it.members[0]?.gossip.forceLeave("m4");
  await it.until("all see it gone", () => it.allSee(["m4"], "left"), seconds(10));
  assert.ok(it.members[0]?.lines.includes("[INFO] serf: EventMemberLeave (forced): m4 10.0.0.4"));
  await it.pass(minutes(2));
  assert.ok(
    it.members.every(({ events }) => events.some((event) => event.kind === "reap" && event.member.Name === "m4")),
  );
  await it.close();
});

test("a live member that is sent away objects and stays", async () => {
  const it = pool("refuse");
  const members = await it.grow(4);
  await it.pass(seconds(5));
  members[0]?.gossip.forceLeave("m3");
  await it.pass(seconds(10));
  assert.ok(it.allSee(["m1", "m2", "m3", "m4"], "alive"));
  await it.close();
});

test("a member that comes back finds the pool by its snapshot, and its clocks do not go back", async () => {
  const it = pool("snapshot");
  const snapshotPath = "/var/serf/snapshot";
  await it.start(1);
  await it.start(2);
  const third = await it.start(3, { snapshotPath });
  await it.settled(third.gossip.join(["10.0.0.1:4648", "10.0.0.2:4648"]));
  third.gossip.sendEvent("before", Buffer.from("the crash"));
  await it.pass(seconds(5));
  const time = Number(third.gossip.statistics().event_time);
  await it.crash(third);
  it.faults.side.clear();
  const again = await it.start(3, { snapshotPath });
  const rejoined = "[INFO] serf: Re-joined to previously known node: m";
  const hasRejoined = () => again.lines.some((line) => line.startsWith(rejoined));
  await it.until("it has joined again", hasRejoined, seconds(20));
  assert.ok(it.allSee(["m1", "m2", "m3"], "alive"));
  assert.ok(Number(again.gossip.statistics().event_time) >= time);
  await it.pass(minutes(2));
  assert.ok(!again.events.some((event) => event.kind === "user"), "an event from before the crash is no news");
  await it.close();
});

test("events reach everybody once, and queries are answered by whom they name", async () => {
  const it = pool("events");
  for (let number = 1; number <= 6; number++) {
    await it.start(number, {
      onEvent: (event) => {
        const member = it.members[number - 1];
        member?.events.push(event);
        if (event.kind === "query") event.answer(Buffer.from(`${event.name} ${number}`));
      },
    });
  }
  for (const { gossip } of it.members.slice(1)) await it.settled(gossip.join(["10.0.0.1:4648"]));
  await it.pass(seconds(3));
  it.members[2]?.gossip.sendEvent("deploy", Buffer.from("v2"));
  await it.pass(seconds(10));
  for (const { events } of it.members) {
    const told = events.flatMap((event) =>
      event.kind === "user" ? [`${event.name} ${Buffer.from(event.payload)}`] : [],
    );
    assert.deepEqual(told, ["deploy v2"]);
  }
  const result = await it.settled(it.members[0]!.gossip.query("load", { nodes: ["m2", "m5"] }));
  assert.deepEqual([...result.acknowledged].sort(), ["m2", "m5"]);
  assert.deepEqual([...result.answers].map(([name, answer]) => [name, `${Buffer.from(answer)}`]).sort(), [
    ["m2", "load 2"],
    ["m5", "load 5"],
  ]);
  await it.close();
});

test("tags that change are seen by all", async () => {
  const it = pool("tags");
  const members = await it.grow(4);
  await it.pass(seconds(3));
  members[1]?.gossip.setTags({ role: "nomad", build: "0.4.2" });
  await it.until(
    "all see them",
    () => members.every(({ gossip }) => gossip.members().some(({ Tags }) => Tags.build === "0.4.2")),
    seconds(10),
  );
  assert.throws(() => members[1]?.gossip.setTags({ long: "x".repeat(600) }), /exceeds limit of 512 bytes/);
  await it.close();
});

test("keys of an encrypted pool are changed while it speaks, and without the key nobody gets in", async () => {
  const it = pool("keys");
  const [old, fresh] = [Buffer.alloc(16, 1), Buffer.alloc(32, 2)];
  for (let number = 1; number <= 3; number++) await it.start(number, { keyring: new Keyring(old) });
  for (const { gossip } of it.members.slice(1)) await it.settled(gossip.join(["10.0.0.1:4648"]));
  await it.pass(seconds(3));
  const keys = it.members[0]!.gossip.keys;
  for (const change of [() => keys.install(fresh), () => keys.use(fresh), () => keys.remove(old)]) {
    const report = await it.settled(change());
    assert.deepEqual([report.members, report.answers, [...report.problems]], [3, 3, []]);
  }
  const asked = it.time.now();
  const report = await it.settled(keys.list());
  assert.deepEqual([...report.keys], [[fresh.toString("base64"), 3]]);
  assert.ok(it.time.now() - asked < seconds(1), "once all have answered nobody is waited for");
  assert.ok(it.allSee(["m1", "m2", "m3"], "alive"));
  const stranger = await it.start(4);
  const { joined, error } = await it.settled(stranger.gossip.join(["10.0.0.1:4648"]));
  assert.equal(joined, 0);
  assert.match(error, /1 error\(s\) occurred:\n\n\* Failed to join 10.0.0.1:4648: Remote state is encrypted/);
  await it.close();
});

test("a member says that it changed its keys once they are kept, and keeps those it has where that fails", async () => {
  const it = pool("kept keys");
  const [old, fresh] = [Buffer.alloc(16, 1), Buffer.alloc(32, 2)];
  const kept = new Map<string, number>();
  let disk: (() => void) | undefined;
  let isFull = false;
  for (let number = 1; number <= 2; number++) {
    await it.start(number, {
      keyring: new Keyring(old),
      keepKeys: async (changed) => {
        if (isFull && number === 2) throw new Error("ENOSPC: no space left on device");
        // The asker's own disk is the slow one: its answer is waited for like any other.
        if (number === 1) await new Promise<void>((resolve) => (disk = resolve));
        kept.set(`m${number}`, changed.list().length);
      },
    });
  }
  const [first, second] = it.members as [PoolMember, PoolMember];
  await it.settled(second.gossip.join([first.address]));
  await it.pass(seconds(3));

  let isSaid = false;
  const installed = first.gossip.keys.install(fresh).finally(() => (isSaid = true));
  await it.pass(seconds(1));
  assert.deepEqual([...kept], [["m2", 2]]);
  assert.ok(!isSaid, "the first member's disk has not taken the key yet");
  disk?.();
  assert.deepEqual([...(await it.settled(installed)).problems], []);
  assert.equal(kept.get("m1"), 2);

  isFull = true;
  const used = first.gossip.keys.use(fresh);
  await it.pass(seconds(1));
  disk?.();
  assert.deepEqual(
    [...(await it.settled(used)).problems],
    [["m2", "cannot keep the changed keys, which stay as they are: ENOSPC: no space left on device"]],
  );
  assert.ok(second.lines.includes("[ERR] serf: cannot keep changed gossip keys, which stay as they are"));
  const { primaryKeys } = await it.settled(first.gossip.keys.list());
  assert.deepEqual(
    [...primaryKeys].sort(),
    [
      [old.toString("base64"), 1],
      [fresh.toString("base64"), 1],
    ].sort(),
  );
  assert.ok(it.allSee(["m1", "m2"], "alive"), "who has both keys understands both");
  await it.close();
});

test("a member that is not welcome is told so, and not taken in", async () => {
  const it = pool("welcome");
  const objection = ({ name, tags }: { name: string; tags: { role?: string } }) =>
    tags.role === "nomad" ? undefined : `member '${name}' is not a server`;
  await it.start(1, { objection });
  const other = await it.start(2, { objection: () => undefined, tags: { role: "db" } });
  await it.settled(other.gossip.join(["10.0.0.1"]));
  await it.pass(seconds(5));
  assert.deepEqual(
    it.members[0]?.gossip.members().map(({ Name }) => Name),
    ["m1"],
  );
  assert.ok(it.members[0]?.lines.some((line) => line.includes("member 'm2' is not a server")));
  await it.close();
});

test("T9: noise on both ways in leaves a member as it was, and the log short", async () => {
  const it = pool("noise");
  await it.grow(2);
  await it.pass(seconds(3));
  const random = new SeededRandom("noise");
  const before = it.members[0]!.lines.length;
  const noise = () => Uint8Array.from({ length: 1 + random.below(300) }, () => random.below(256));
  const stranger = it.networkAt("10.0.0.99");
  const socket = await stranger.bindDatagram("10.0.0.99:1", () => {});
  for (let packet = 0; packet < 20_000; packet++) socket.send("10.0.0.1:4648", noise());
  for (let attempt = 0; attempt < 200; attempt++) {
    const connected = stranger.connect("10.0.0.1:4648", new AbortController().signal);
    const connection = await it.settled(connected);
    await it.settled(connection.write(noise()).catch(() => undefined));
    connection.close();
  }
  await it.pass(seconds(10));
  const complaints = it.members[0]!.lines.slice(before);
  assert.ok(complaints.length > 0 && complaints.length <= 15, `${complaints.length} lines`);
  assert.ok(it.allSee(["m1", "m2"], "alive"));
  assert.deepEqual(it.members[0]!.gossip.members().length, 2);
  await it.close();
});

test("T9: of those who connect and say nothing only so many are kept, and not for long", async () => {
  const it = pool("silent");
  await it.grow(2);
  const stranger = it.networkAt("10.0.0.99");
  for (let number = 0; number < 100; number++) {
    await it.settled(stranger.connect("10.0.0.1:4648", new AbortController().signal));
  }
  assert.ok(it.members[0]!.lines.some((line) => line.includes("too many exchanges at a time")));
  await it.pass(seconds(11));
  const late = await it.start(3);
  assert.deepEqual(await it.settled(late.gossip.join(["10.0.0.1:4648"])), { joined: 1, error: "" });
  await it.close();
});

test("one seed gives one story", async () => {
  const story = async () => {
    const it = pool("same");
    await it.grow(8);
    it.faults.loss = 0.3;
    await it.pass(minutes(1));
    const lines = it.members.flatMap((member) => member.lines);
    await it.close();
    return lines;
  };
  assert.deepEqual(await story(), await story());
});
