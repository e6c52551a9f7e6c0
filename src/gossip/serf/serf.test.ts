import assert from "node:assert/strict";
import { test } from "node:test";
import { dictionary, type Instant, instantOf, later, SeededRandom, seconds } from "../../base/index.ts";
import { formatEndpoint } from "../endpoint.ts";
import type { GossipInput } from "../gossip-input.ts";
import type { GossipEffects } from "../outbox.ts";
import { LAN_TIMING } from "../swim/timing.ts";
import { decodeSerfMessage, encodeSerfMessage, type SerfMessage, type SerfState } from "../wire/serf-messages.ts";
import { decodeSwimMessage, type SwimMessage } from "../wire/swim-messages.ts";
import { NOMAD_SERF_TIMING, OUR_VERSIONS, Serf } from "./serf.ts";

/** The protocol as transcripts: what a member named `us` is told, and what it then owes. */

const begin = instantOf(1_000e9);
const at = (n: number) => ({ ip: `10.0.0.${n}`, port: 4648 });
const alive = (n: number, incarnation = 1, ip = `10.0.0.${n}`): SwimMessage => ({
  kind: "alive",
  incarnation,
  node: { name: `m${n}`, ip, port: 4648, meta: new Uint8Array(), versions: OUR_VERSIONS },
});
const user = (message: SerfMessage): SwimMessage => ({ kind: "user", payload: encodeSerfMessage(message) });

const question = {
  time: 5,
  filters: [],
  wantsAck: false,
  noRebroadcast: false,
  relayFactor: 0,
  timeoutNanoseconds: 5e9,
  payload: new Uint8Array(),
};

class Script {
  readonly serf = new Serf(begin, new SeededRandom("script"), {
    ...at(1),
    name: "us",
    tags: dictionary(),
    swimTiming: LAN_TIMING,
    serfTiming: NOMAD_SERF_TIMING,
    packetBytes: 1_366,
    clocks: { member: 0, event: 0, query: 0 },
    objection: () => undefined,
  });
  now: Instant = begin;

  /** Our own joining is the first thing told. */
  constructor() {
    assert.deepEqual(told(this.step({ kind: "wake" })), ["join us"]);
  }

  /** Packets from member `n`; what is owed for them, in words. */
  hears(n: number, ...messages: readonly SwimMessage[]): readonly string[] {
    return told(this.step({ kind: "received", from: at(n), messages }));
  }

  /** A push/pull with a peer that knows this. */
  merges(known: Partial<SerfState>): void {
    const none = { memberTime: 0, eventTime: 0, queryTime: 0, statusTimes: new Map(), left: [], events: [] };
    const userState = encodeSerfMessage({ kind: "state", state: { ...none, ...known } });
    this.step({ kind: "merge", state: { join: false, nodes: [], userState }, ignoreOldEvents: false });
  }

  step(input: GossipInput): GossipEffects {
    return this.serf.step(this.now, input);
  }

  /** Lets time pass; what is owed meanwhile, in words. */
  passes(time: number): readonly string[] {
    const end = later(this.now, seconds(time));
    const lines: string[] = [];
    for (let next = this.serf.wakeAt(); next <= end; next = this.serf.wakeAt()) {
      this.now = next;
      lines.push(...told(this.step({ kind: "wake" })));
    }
    this.now = end;
    return lines;
  }

  status(name: string): string | undefined {
    return this.serf.member(name)?.status;
  }
}

function told(effects: GossipEffects): readonly string[] {
  return [
    ...effects.packets.map(({ to, messages }) => `to ${formatEndpoint(to)}: ${messages.map(word).join(", ")}`),
    ...effects.exchanges.map(({ kind, name }) => `${kind} with ${name}`),
    ...effects.events.map((event) => ("member" in event ? `${event.kind} ${event.member.name}` : event.kind)),
    ...effects.notices.map(({ kind }) => `note ${kind}`),
  ];
}

function word(bytes: Uint8Array): string {
  const message = decodeSwimMessage(bytes);
  if (message.kind === "alive") return `alive ${message.node.name}/${message.incarnation}`;
  if (message.kind === "suspect" || message.kind === "dead") {
    return `${message.kind} ${message.node}/${message.incarnation} from ${message.from}`;
  }
  if (message.kind !== "user") return message.kind;
  const inner = decodeSerfMessage(message.payload);
  return "node" in inner ? `${inner.kind} intent of ${inner.node} at ${inner.time}` : inner.kind;
}

test("a ping is answered, with rumours along; one for somebody else is not", () => {
  const script = new Script();
  assert.deepEqual(script.hears(2, { kind: "ping", sequence: 5, node: "us" }), ["to 10.0.0.2:4648: ack, alive us/1"]);
  assert.deepEqual(script.hears(2, { kind: "ping", sequence: 6, node: "another" }), ["note misdirectedPing"]);
});

test("an answer goes where the ping came from, unless a member says where it is", () => {
  const script = new Script();
  const source = { ...at(9), node: "m9" };
  const asked = (): string => script.hears(2, { kind: "ping", sequence: 5, node: "us", source })[0] ?? "";
  assert.match(asked(), /^to 10\.0\.0\.2:/);
  script.hears(9, alive(9));
  assert.match(asked(), /^to 10\.0\.0\.9:/);
});

test("T10: an accusation of ourselves is answered at once by a higher incarnation", () => {
  const script = new Script();
  script.hears(2, alive(2));
  assert.deepEqual(script.hears(2, { kind: "suspect", node: "us", incarnation: 4, from: "m2" }), ["note refuted"]);
  assert.deepEqual(script.hears(2, { kind: "dead", node: "us", incarnation: 7, from: "m2" }), ["note refuted"]);
  const spoken = script.passes(1).filter((line) => line.includes("alive us"));
  assert.ok(spoken.length > 0 && spoken.every((line) => line.includes("alive us/8")));
  assert.equal(script.status("us"), "alive");
});

test("who goes on to accuse us has not heard our objection, and hears it again", () => {
  const script = new Script();
  script.hears(2, alive(2));
  script.hears(2, { kind: "suspect", node: "us", incarnation: 1, from: "m2" });
  script.passes(30);
  assert.ok(!script.passes(5).some((line) => line.includes("alive us")), "it has been told often enough");
  script.hears(2, { kind: "suspect", node: "us", incarnation: 1, from: "m2" });
  assert.ok(script.passes(1).some((line) => line.includes("alive us/2")));
});

test("a suspect that answers us is not declared dead, though nobody tells of its objection", () => {
  const script = new Script();
  for (const n of [2, 3]) script.hears(n, alive(n));
  script.hears(2, { kind: "suspect", node: "m3", incarnation: 1, from: "m2" });
  const end = later(begin, seconds(40));
  let pings = 0;
  while (script.now < end) {
    script.now = script.serf.wakeAt();
    for (const { to, messages } of script.step({ kind: "wake" }).packets) {
      const ping = decodeSwimMessage(messages[0] as Uint8Array);
      if (ping.kind !== "ping") continue;
      pings += 1;
      script.step({ kind: "received", from: to, messages: [{ kind: "ack", sequence: ping.sequence }] });
    }
  }
  assert.ok(pings > 10);
  assert.equal(script.status("m3"), "alive");
});

test("T10: a live name does not move to another address; that of one who left does", () => {
  const script = new Script();
  script.hears(2, alive(2));
  assert.deepEqual(script.hears(3, alive(2, 9, "10.0.0.66")), ["note conflict"]);
  assert.equal(script.serf.member("m2")?.ip, "10.0.0.2");
  script.hears(2, { kind: "dead", node: "m2", incarnation: 1, from: "m2" });
  assert.deepEqual(script.hears(3, alive(2, 2, "10.0.0.66")), ["join m2", "note moved"]);
  assert.equal(script.serf.member("m2")?.ip, "10.0.0.66");
});

test("T11: what is said of an older incarnation is no news", () => {
  const script = new Script();
  script.hears(2, alive(2, 5));
  script.hears(3, { kind: "suspect", node: "m2", incarnation: 4, from: "m3" });
  script.hears(3, { kind: "dead", node: "m2", incarnation: 4, from: "m3" });
  assert.equal(script.status("m2"), "alive");
  script.hears(3, { kind: "dead", node: "m2", incarnation: 5, from: "m3" });
  assert.deepEqual(script.hears(3, alive(2, 5)), []);
  assert.equal(script.status("m2"), "failed");
  assert.deepEqual(script.hears(3, alive(2, 6)), ["join m2"]);
});

test("T11: an event is told once, however often it comes", () => {
  const script = new Script();
  const event = user({ kind: "event", event: { time: 9, name: "e", payload: Buffer.from("p"), coalesce: false } });
  assert.deepEqual(script.hears(2, event, event), ["user"]);
  assert.deepEqual(script.hears(3, event), []);
});

test("who does not answer is asked through others and by connection, then suspected, then dead", () => {
  const script = new Script();
  for (const n of [2, 3, 4]) script.hears(n, alive(n));
  const story: string[] = [];
  const end = later(begin, seconds(60));
  while (script.status("m4") === "alive" && script.now < end) {
    script.now = script.serf.wakeAt();
    const effects = script.step({ kind: "wake" });
    story.push(...told(effects));
    for (const { to, messages } of effects.packets) {
      const ping = decodeSwimMessage(messages[0] as Uint8Array);
      const answers = ping.kind === "ping" && ping.node !== "m4";
      if (answers) script.step({ kind: "received", from: to, messages: [{ kind: "ack", sequence: ping.sequence }] });
    }
  }
  const first = (pattern: RegExp) => story.findIndex((line) => pattern.test(line));
  const order = [/4648: indirectPing/, /^ping with m4/, /suspect m4/, /^failed m4/];
  const places = order.map(first);
  assert.ok(
    places.every((place) => place >= 0),
    story.join("\n"),
  );
  assert.deepEqual(
    places,
    places.toSorted((x, y) => x - y),
  );
  assert.equal(script.status("m2"), "alive");
});

test("a goodbye told by intent is a leave, silence without one a failure", () => {
  const script = new Script();
  for (const n of [2, 3]) script.hears(n, alive(n));
  script.hears(2, user({ kind: "leave", time: 5, node: "m2", prune: false }));
  assert.equal(script.status("m2"), "leaving");
  assert.deepEqual(script.hears(2, { kind: "dead", node: "m2", incarnation: 1, from: "m2" }), ["leave m2"]);
  assert.deepEqual(script.hears(2, { kind: "dead", node: "m3", incarnation: 1, from: "m2" }), ["failed m3"]);
});

test("an intent that comes before its member is remembered", () => {
  const script = new Script();
  script.hears(3, user({ kind: "leave", time: 5, node: "m2", prune: false }));
  script.hears(3, alive(2));
  assert.equal(script.status("m2"), "leaving");
});

test("an intent to send us away is answered by one to stay", () => {
  const script = new Script();
  script.hears(2, alive(2));
  assert.deepEqual(script.hears(2, user({ kind: "leave", time: 5, node: "us", prune: false })), ["note intentRefuted"]);
  assert.ok(script.passes(1).some((line) => line.includes("join intent of us at 6")));
});

test("who is known for a later word than its own last says that it is here: the word may be that it leaves", () => {
  const script = new Script();
  script.hears(2, alive(2));
  script.merges({ statusTimes: new Map([["us", 6]]) });
  assert.ok(script.passes(1).some((line) => line.includes("join intent of us at 7")));
  script.passes(30);
  script.merges({ statusTimes: new Map([["us", 7]]) });
  assert.ok(!script.passes(1).some((line) => line.includes("join intent")), "that is our own last word");
});

test("who leaves does not say that it is here", () => {
  const script = new Script();
  script.hears(2, alive(2));
  script.step({ kind: "leave" });
  script.merges({ statusTimes: new Map([["us", 6]]) });
  assert.ok(!script.passes(12).some((line) => line.includes("join intent")));
});

test("a member that is back does not leave because another has not heard of its return", () => {
  const script = new Script();
  script.hears(2, alive(2, 2), user({ kind: "join", time: 5, node: "m2" }));
  const merge = () => script.merges({ statusTimes: new Map([["m2", 5]]), left: ["m2"] });
  merge();
  assert.equal(script.status("m2"), "alive");
  script.hears(3, { kind: "dead", node: "m2", incarnation: 2, from: "m3" });
  assert.equal(script.status("m2"), "failed");
  merge();
  assert.equal(script.status("m2"), "left", "of one that does not answer the other may know more");
});

test("leaving tells the intent, then the goodbye, then goes", () => {
  const script = new Script();
  script.hears(2, alive(2));
  script.passes(3);
  script.step({ kind: "leave" });
  const story = script.passes(12);
  const first = (text: string) => story.findIndex((line) => line.includes(text));
  const order = ["leave intent of us at 1", "leave us", "dead us/", "departed"].map(first);
  assert.ok(
    order.every((place) => place >= 0),
    story.join("\n"),
  );
  assert.deepEqual(
    order,
    order.toSorted((a, b) => a - b),
  );
});

test("who is alone leaves at once", () => {
  const script = new Script();
  assert.deepEqual(told(script.step({ kind: "leave" })), ["leave us", "departed"]);
});

test("a relay hands on to members only", () => {
  const script = new Script();
  script.hears(2, alive(2));
  const message = encodeSerfMessage({ kind: "join", time: 3, node: "x" });
  const relay = (n: number) => user({ kind: "relay", to: at(n), name: "", message });
  assert.match(script.hears(3, relay(2))[0] ?? "", /^to 10\.0\.0\.2:4648: join intent of x at 3/);
  assert.deepEqual(script.hears(3, relay(77)), []);
});

test("a question about keys is our host's to answer, when they are on disk; what it answers too late is not sent", () => {
  const script = new Script();
  script.hears(2, alive(2));
  const ask = (id: number, name: string) =>
    script.hears(2, user({ kind: "query", query: { ...question, id, name, asker: at(2), askerName: "m2" } }));
  const answer = (query: number) => told(script.step({ kind: "answer", query, payload: Buffer.from("done") }));
  assert.deepEqual(ask(1, "_serf_use-key"), ["keyQuery"]);
  assert.deepEqual(
    script.passes(3).filter((line) => line.includes("response")),
    [],
  );
  assert.match(answer(1).join(), /^to 10\.0\.0\.2:4648: response/);
  assert.deepEqual(answer(1), [], "once");

  assert.deepEqual(ask(2, "_serf_remove-key"), ["keyQuery"]);
  script.passes(6);
  assert.deepEqual(answer(2), []);
  assert.deepEqual(ask(3, "_serf_conflict"), [], "of what we do not know nobody is told");
});

test("our own question about keys waits for our own host too", () => {
  const script = new Script();
  const own = { name: "_serf_install-key", payload: new Uint8Array(), wantsAcks: false, nodes: [] };
  assert.deepEqual(told(script.step({ kind: "sendQuery", query: 9, timeoutNanoseconds: 5e9, ...own })), ["keyQuery"]);
  assert.deepEqual(told(script.step({ kind: "answer", query: 1, payload: Buffer.from("done") })), ["answered"]);
});

test("versions that do not fit together are named, and nothing is merged", () => {
  const script = new Script();
  const old = { ...OUR_VERSIONS, delegateMax: 3, delegateCurrent: 3 };
  const node = { name: "old", ...at(5), meta: new Uint8Array(), versions: old };
  const state = { join: true, nodes: [{ node, incarnation: 1, state: "alive" as const }], userState: new Uint8Array() };
  const { mergeRefused } = script.step({ kind: "merge", state, ignoreOldEvents: false });
  assert.equal(mergeRefused, "Node 'us' delegate protocol version (4) is incompatible: [2, 3]");
  assert.equal(script.status("old"), undefined);
});

test("who overslept doubts itself instead of calling the others dead", () => {
  const script = new Script();
  for (const n of [2, 3]) script.hears(n, alive(n));
  script.hears(2, { kind: "suspect", node: "m3", incarnation: 1, from: "m2" });
  script.now = later(script.now, seconds(45));
  const lines = told(script.step({ kind: "wake" }));
  assert.ok(lines.includes("note overslept"));
  assert.ok(!lines.some((line) => line.includes("failed")));
  assert.equal(script.serf.statistics().health_score, 7);
});
