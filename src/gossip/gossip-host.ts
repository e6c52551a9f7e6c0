import { between, dictionary, type Instant, problemList } from "../base/index.ts";
import type { Runtime } from "../runtime/index.ts";
import { announceEvent, announceNotice, type Voice } from "./announce.ts";
import { formatEndpoint, ipBytes, parseEndpoint } from "./endpoint.ts";
import type { GossipEvent, Notice } from "./events.ts";
import { Exchanges } from "./exchanges.ts";
import { measure } from "./figures.ts";
import type { Gossip, GossipMember, GossipOptions, PoolEvent, PoolKeys, QueryOptions, QueryResult } from "./gossip.ts";
import type { GossipInput } from "./gossip-input.ts";
import { KeyChanges } from "./key-changes.ts";
import { ENCRYPTION_BYTES } from "./keyring.ts";
import { LineLimiter } from "./line-limiter.ts";
import type { Exchange, GossipEffects, Packet } from "./outbox.ts";
import { poolKeys } from "./pool-keys.ts";
import { QueueDepths } from "./queue-depths.ts";
import type { SerfMember } from "./serf/roster.ts";
import { NOMAD_SERF_TIMING, Serf } from "./serf/serf.ts";
import { SnapshotFile } from "./snapshot-file.ts";
import { openSockets, type Sockets } from "./sockets.ts";
import { WAN_TIMING } from "./swim/timing.ts";
import { CRC_BYTES, openPacket, sealPacket } from "./wire/packet.ts";
import type { PushPullState } from "./wire/push-pull.ts";

const names = {
  gossip: ["memberlist", "gossip"],
  received: ["memberlist", "udp", "received"],
  sent: ["memberlist", "udp", "sent"],
  accepted: ["memberlist", "tcp", "accept"],
  connected: ["memberlist", "tcp", "connect"],
  pushPull: ["memberlist", "pushPullNode"],
  healthScore: ["memberlist", "health", "score"],
};

/** What a datagram may hold so that no network cuts it. */
const PACKET_BYTES = 1_400;

/** What any peer can bring about as often as it likes: one line a second tells of each. */
const FROM_PEERS: ReadonlySet<Notice["kind"]> = new Set([
  "conflict",
  "ignored",
  "intentRefuted",
  "misdirectedPing",
  "refuted",
  "tooManyMembers",
]);

type GossipRuntime = Pick<Runtime, "clock" | "random" | "network" | "disk" | "log" | "metrics">;

/**
 * Becomes a member of a pool: of our own at first, and of the one that the snapshot remembers if it can be reached.
 * Rejects when the address cannot be bound or no member could reach us there, when the tags are too long (`TagsTooLong`),
 * or when the snapshot cannot be read.
 */
export async function startGossip(runtime: GossipRuntime, options: GossipOptions): Promise<Gossip> {
  const { snapshotPath, rejoinAfterLeave = true } = options;
  const log = runtime.log.named("serf");
  const snapshot =
    snapshotPath === undefined
      ? undefined
      : await SnapshotFile.open({ ...runtime, log }, snapshotPath, { rejoinAfterLeave });
  let host: GossipHost | undefined;
  const sockets = await openSockets(runtime.network, options.bind, {
    accepted: (connection) => (host === undefined ? connection.close() : host.accepted(connection)),
    received: (from, bytes) => host?.received(from, bytes),
  });
  try {
    host = new GossipHost(runtime, sockets, snapshot, options);
  } catch (error) {
    await sockets.close();
    throw error;
  }
  host.begin();
  return host;
}

/** Lets a member live: steps the core when something happens or its time has come, and carries out what it owes. */
class GossipHost implements Gossip {
  readonly address: string;
  readonly keys: PoolKeys;
  readonly #runtime: GossipRuntime;
  readonly #sockets: Sockets;
  readonly #snapshot: SnapshotFile | undefined;
  readonly #options: GossipOptions;
  readonly #voice: Voice;
  readonly #core: Serf;
  readonly #queueDepths: QueueDepths;
  readonly #endMeasuring: () => void;
  readonly #exchanges: Exchanges;
  readonly #keyChanges: KeyChanges;
  readonly #complaints = new LineLimiter();
  readonly #queries = new Map<
    number,
    { acknowledged: string[]; answers: Map<string, Uint8Array>; enough: number; over(): void }
  >();
  readonly #untold: GossipEvent[] = [];
  #isTelling = false;
  #queryCount = 0;
  #wake: { readonly at: Instant; readonly cancel: () => void } | undefined;
  #departure: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;
  #hasDeparted = false;
  #closed: Promise<void> | undefined;

  constructor(runtime: GossipRuntime, sockets: Sockets, snapshot: SnapshotFile | undefined, options: GossipOptions) {
    const { clock, random, log, metrics } = runtime;
    const { name, tags, keyring, timing = WAN_TIMING, serfTiming = NOMAD_SERF_TIMING } = options;
    const endpoint = parseEndpoint(options.advertise ?? sockets.address);
    if (endpoint === undefined || ipBytes(endpoint.ip)?.every((byte) => byte === 0)) {
      throw new Error(
        `Cannot gossip at "${options.advertise ?? sockets.address}": others need an IP address and a port`,
      );
    }
    this.address = formatEndpoint(endpoint);
    this.#runtime = runtime;
    this.#sockets = sockets;
    this.#snapshot = snapshot;
    this.#options = options;
    this.#voice = { serf: log.named("serf"), memberlist: log.named("memberlist"), metrics };
    this.#core = new Serf(clock.now(), random, {
      ...endpoint,
      name,
      tags: dictionary(Object.entries(tags)),
      swimTiming: timing,
      serfTiming,
      packetBytes: PACKET_BYTES - CRC_BYTES - (keyring === undefined ? 0 : ENCRYPTION_BYTES),
      clocks: snapshot?.remembered.clocks ?? { member: 0, event: 0, query: 0 },
      objection: options.objection ?? (() => undefined),
    });
    this.#queueDepths = new QueueDepths(metrics, () => this.#core.queueDepths());
    this.#endMeasuring = metrics.observe(() => [{ name: names.healthScore, value: this.#core.healthScore }]);
    this.#keyChanges = new KeyChanges(keyring, options.keepKeys ?? (async () => {}), this.#voice.serf);
    this.#exchanges = new Exchanges(runtime, this.#asExchangeUser(), { keyring, timeout: timing.streamTimeout });
    this.keys = poolKeys(this);
  }

  /** Tells of ourselves, and looks for those we knew. */
  begin(): void {
    this.#step({ kind: "wake" });
    const known = [...(this.#snapshot?.remembered.alive ?? [])].filter(([name]) => name !== this.#options.name);
    if (known.length > 0) void this.#rejoin(known);
  }

  accepted(connection: Parameters<Exchanges["serve"]>[0]): void {
    this.#voice.metrics.count(names.accepted);
    this.#exchanges.serve(connection);
  }

  received(from: string, bytes: Uint8Array): void {
    const endpoint = parseEndpoint(from);
    if (endpoint === undefined || this.#closed !== undefined) return;
    this.#voice.metrics.count(names.received, bytes.length);
    const { messages, problem } = openPacket(bytes, this.#options.keyring);
    if (problem !== undefined) this.#complain(from, problem);
    if (messages.length > 0) this.#guard(from, () => this.#step({ kind: "received", from: endpoint, messages }));
  }

  members(): readonly GossipMember[] {
    return this.#core.members().map(shown);
  }

  async join(addresses: readonly string[]): Promise<{ readonly joined: number; readonly error: string }> {
    const outcomes = await Promise.all(addresses.map((address) => this.#contact(address)));
    const problems = outcomes.filter((problem) => problem !== undefined);
    const joined = addresses.length - problems.length;
    if (joined > 0 && this.#closed === undefined) this.#step({ kind: "joined" });
    return { joined, error: problems.length === 0 ? "" : problemList(problems) };
  }

  leave(): Promise<void> {
    if (this.#departure === undefined) {
      this.#departure = Promise.withResolvers<void>();
      this.#snapshot?.noteLeave();
      if (this.#closed === undefined) this.#step({ kind: "leave" });
      else this.#departure.resolve();
    }
    return this.#departure.promise;
  }

  forceLeave(name: string, options: { readonly prune?: boolean } = {}): void {
    this.#step({ kind: "forceLeave", node: name, prune: options.prune ?? false });
  }

  setTags(tags: Readonly<Record<string, string>>): void {
    this.#step({ kind: "setTags", tags: dictionary(Object.entries(tags)) });
  }

  sendEvent(name: string, payload: Uint8Array, options: { readonly coalesce?: boolean } = {}): void {
    this.#step({ kind: "sendEvent", name, payload, coalesce: options.coalesce ?? false });
  }

  async query(name: string, options: QueryOptions = {}): Promise<QueryResult> {
    const query = ++this.#queryCount;
    const { promise, resolve } = Promise.withResolvers<void>();
    const result = {
      acknowledged: [] as string[],
      answers: new Map<string, Uint8Array>(),
      enough: options.enoughAnswers ?? Number.POSITIVE_INFINITY,
      over: resolve,
    };
    this.#queries.set(query, result);
    try {
      this.#step({
        kind: "sendQuery",
        query,
        name,
        payload: options.payload ?? new Uint8Array(),
        wantsAcks: true,
        nodes: options.nodes ?? [],
        timeoutNanoseconds: options.timeout,
      });
      if (this.#closed === undefined) await promise;
    } finally {
      this.#queries.delete(query);
    }
    return { acknowledged: result.acknowledged, answers: result.answers };
  }

  statistics(): Readonly<Record<string, string>> {
    const figures = Object.entries(this.#core.statistics()).map(([name, figure]) => [name, String(figure)] as const);
    return { ...Object.fromEntries(figures), encrypted: String(this.#options.keyring !== undefined) };
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    if (!this.#hasDeparted) this.#voice.serf.warn("Shutdown without a Leave");
    this.#endMeasuring();
    this.#wake?.cancel();
    this.#wake = undefined;
    await Promise.all([this.#exchanges.close(), this.#sockets.close(), this.#keyChanges.close()]);
    await this.#snapshot?.close();
    this.#departure?.resolve();
    for (const query of [...this.#queries.values()]) query.over();
  }

  #asExchangeUser(): ConstructorParameters<typeof Exchanges>[1] {
    return {
      name: this.#options.name,
      state: (options) => this.#core.state(options),
      merge: (from, state) => {
        this.#guard(from, () => {
          const refusal = this.#merge(state, { ignoreOldEvents: false });
          if (refusal !== undefined) this.#complain(from, refusal);
        });
      },
      received: (from, payload) => {
        const endpoint = parseEndpoint(from);
        if (endpoint === undefined) return;
        this.#guard(from, () =>
          this.#step({ kind: "received", from: endpoint, messages: [{ kind: "user", payload }] }),
        );
      },
      complain: (from, problem) => this.#complain(from, problem),
    };
  }

  /** Whatever a peer sends, even if it finds a defect of ours, must not end the process. */
  #guard(from: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#complain(from, `Cannot handle a message: ${(error as Error).stack ?? error}`);
    }
  }

  /** Why a member could not be joined by; undefined if it could. */
  async #contact(given: string): Promise<string | undefined> {
    const address = this.#withPort(given.slice(given.indexOf("/") + 1));
    try {
      const state = await this.#pushPull(address, { join: true });
      const refusal = this.#merge({ ...state, join: true }, { ignoreOldEvents: true });
      return refusal === undefined ? undefined : `Failed to join ${given}: ${refusal}`;
    } catch (error) {
      const reason = (error as Error).message;
      // One that could not be reached is told with its whole address anyway.
      const shown = reason.startsWith("dial tcp") ? address.replace(/:\d+$/, "") : given;
      return `Failed to join ${shown}: ${reason}`;
    }
  }

  /** As `Exchanges` does it, and measured; what is in vain is not timed. */
  async #pushPull(to: string, options: { readonly join: boolean }): Promise<PushPullState> {
    const { clock } = this.#runtime;
    const began = clock.now();
    this.#voice.metrics.count(names.connected);
    const state = await this.#exchanges.pushPull(to, options);
    this.#voice.metrics.time(names.pushPull, between(began, clock.now()));
    return state;
  }

  #withPort(address: string): string {
    const port = this.#options.defaultPort ?? parseEndpoint(this.address)?.port;
    if (/^[^:]*:\d+$|^\[.*\]:\d+$/.test(address)) return address;
    return address.includes(":") && !address.startsWith("[") ? `[${address}]:${port}` : `${address}:${port}`;
  }

  /** Tries those who were alive in an earlier life until one answers. */
  async #rejoin(known: readonly (readonly [name: string, address: string])[]): Promise<void> {
    const left = [...known];
    const { serf } = this.#voice;
    while (left.length > 0 && !this.#exchanges.signal.aborted) {
      const [[name, address] = ["", ""]] = left.splice(this.#runtime.random.below(left.length), 1);
      serf.info(`Attempting re-join to previously known node: ${name}: ${address}`);
      try {
        const state = await this.#pushPull(address, { join: false });
        if (this.#merge(state, { ignoreOldEvents: false }) === undefined) {
          return serf.info(`Re-joined to previously known node: ${name}: ${address}`);
        }
      } catch (error) {
        serf.debug(`cannot re-join by ${name}: ${(error as Error).message}`);
      }
    }
    if (!this.#exchanges.signal.aborted) serf.warn("Failed to re-join any previously known node");
  }

  #merge(state: PushPullState, options: { readonly ignoreOldEvents: boolean }): string | undefined {
    return this.#step({ kind: "merge", state, ...options }).mergeRefused;
  }

  #step(input: GossipInput): GossipEffects {
    const began = this.#runtime.clock.now();
    const effects = this.#core.step(began, input);
    if (this.#closed === undefined) this.#carryOut(effects);
    if (input.kind === "wake") {
      this.#voice.metrics.time(names.gossip, between(began, this.#runtime.clock.now()));
      this.#queueDepths.look(began);
    }
    return effects;
  }

  #carryOut(effects: GossipEffects): void {
    for (const packet of effects.packets) this.#send(packet);
    for (const exchange of effects.exchanges) void this.#open(exchange);
    for (const notice of effects.notices) this.#tellNotice(notice);
    for (const figure of effects.figures) measure(figure, this.#voice.metrics);
    this.#snapshot?.note(this.#hasDeparted ? [] : effects.events, this.#core.clocks());
    this.#untold.push(...effects.events);
    this.#tell();
    this.#scheduleWake();
  }

  #send({ to, messages, crc }: Packet): void {
    const { keyring } = this.#options;
    const packet = sealPacket(messages, { crc, keyring, random: this.#runtime.random });
    this.#voice.metrics.count(names.sent, packet.length);
    this.#sockets.send(formatEndpoint(to), packet);
  }

  /** Never rejects. */
  async #open(exchange: Exchange): Promise<void> {
    const to = formatEndpoint(exchange.to);
    if (exchange.kind === "ping") {
      this.#voice.metrics.count(names.connected);
      const answers = await this.#exchanges.ping(to, exchange.name, exchange.sequence);
      if (answers && this.#closed === undefined) this.#step({ kind: "streamAnswered", sequence: exchange.sequence });
      return;
    }
    try {
      const state = await this.#pushPull(to, exchange);
      const refusal = this.#merge({ ...state, join: exchange.join }, { ignoreOldEvents: false });
      if (refusal !== undefined) this.#complain(to, refusal);
    } catch (error) {
      this.#complain(to, `Push/Pull with ${exchange.name} failed: ${(error as Error).message}`);
    }
  }

  /** Tells events in order, also when who is told steps us again. */
  #tell(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    try {
      for (let event = this.#untold.shift(); event !== undefined; event = this.#untold.shift()) this.#tellOne(event);
    } finally {
      this.#isTelling = false;
    }
  }

  #tellOne(event: GossipEvent): void {
    const { onEvent } = this.#options;
    announceEvent(event, this.#voice);
    switch (event.kind) {
      case "acknowledged":
        this.#queries.get(event.query)?.acknowledged.push(event.from);
        return;
      case "answered": {
        const query = this.#queries.get(event.query);
        query?.answers.set(event.from, event.payload);
        if (query !== undefined && query.answers.size >= query.enough) query.over();
        return;
      }
      case "queryOver":
        this.#queries.get(event.query)?.over();
        return;
      case "keyQuery":
        void this.#answerAboutKeys(event);
        return;
      case "departed":
        this.#hasDeparted = true;
        this.#departure?.resolve();
        return;
      default:
        onEvent?.(this.#poolEvent(event));
    }
  }

  /** Never rejects. */
  async #answerAboutKeys({ query, operation, payload }: Extract<GossipEvent, { kind: "keyQuery" }>): Promise<void> {
    const answer = await this.#keyChanges.answer(operation, payload);
    if (this.#closed === undefined) this.#step({ kind: "answer", query, payload: answer });
  }

  #poolEvent(
    event: Extract<GossipEvent, { kind: "user" | "query" | "join" | "leave" | "failed" | "update" | "reap" }>,
  ): PoolEvent {
    switch (event.kind) {
      case "user": {
        const { name, payload, coalesce } = event;
        return { kind: "user", name, payload, coalesce };
      }
      case "query": {
        const { name, payload, query } = event;
        return {
          kind: "query",
          name,
          payload,
          answer: (answer) => void this.#step({ kind: "answer", query, payload: answer }),
        };
      }
      default:
        return { kind: event.kind, member: shown(event.member) };
    }
  }

  #tellNotice(notice: Notice): void {
    if (notice.kind === "unreadable") this.#complain(notice.from, notice.problem);
    else if (!FROM_PEERS.has(notice.kind) || this.#complaints.allows(this.#runtime.clock.now(), notice.kind)) {
      announceNotice(notice, this.#voice);
    }
  }

  #complain(from: string, problem: string): void {
    if (this.#closed !== undefined) return;
    const host = from.slice(0, from.lastIndexOf(":"));
    if (this.#complaints.allows(this.#runtime.clock.now(), host)) {
      this.#voice.memberlist.error(`${problem} from=${from}`);
    }
  }

  #scheduleWake(): void {
    const at = this.#core.wakeAt();
    if (this.#wake?.at === at) return;
    this.#wake?.cancel();
    const cancel = this.#runtime.clock.at(at, () => {
      this.#wake = undefined;
      this.#step({ kind: "wake" });
    });
    this.#wake = { at, cancel };
  }
}

function shown({ name, ip, port, tags, status, versions }: SerfMember): GossipMember {
  return {
    Name: name,
    Addr: ip,
    Port: port,
    Tags: tags,
    Status: status,
    ProtocolMin: versions.protocolMin,
    ProtocolMax: versions.protocolMax,
    ProtocolCur: versions.protocolCurrent,
    DelegateMin: versions.delegateMin,
    DelegateMax: versions.delegateMax,
    DelegateCur: versions.delegateCurrent,
  };
}
