import {
  assert,
  type Duration,
  type Instant,
  instantOf,
  later,
  milliseconds,
  SeededRandom,
  seconds,
} from "../../base/index.ts";
import { ClusterPromises, type TestServer, type TestSnapshot } from "./cluster-promises.ts";
import type {
  ChunkToStore,
  ChunkWanted,
  DurableBatch,
  DurableState,
  RaftEffects,
  RaftInput,
  Rejection,
  Role,
} from "./effects.ts";
import type { EntryContent, LogEntry, LogIndex, Term } from "./log-entry.ts";
import type { Member, ServerID } from "./membership.ts";
import type { Envelope } from "./messages.ts";
import { Raft } from "./raft.ts";
import { continuing } from "./restored.ts";
import { LOG_START, type Trailing } from "./snapshot.ts";
import { DEFAULT_TIMING, type RaftTiming } from "./timing.ts";
import { tellEvent, tellMessage } from "./transcript.ts";

export interface InTransit extends Envelope {
  readonly from: ServerID;
}

/** More than a minute of heartbeats needs; a core that is never content would be woken for ever. */
const MOST_WAKES = 20_000;

/** In a test's snapshot, so that it goes in parts. */
const CHUNK_BYTES = 10;
const SNAPSHOT_BYTES = 25;

/**
 * For tests: several cores, wired by a network and disks that do what the test says and no more. Every step is held
 * against what Raft promises.
 */
export class CoreCluster {
  now: Instant = instantOf(0);
  readonly servers = new Map<ServerID, TestServer>();
  inTransit: InTransit[] = [];
  readonly #promises = new ClusterPromises();
  readonly #snapshots = new Map<string, TestSnapshot>();
  #reads = 0;
  #transcript: string[] = [];
  readonly #bootstrap: readonly Member[];
  readonly #seed: string;
  readonly #timing: RaftTiming;
  #lives = 0;

  /** Servers of a new cluster, each with the log in `disks` if there is one. Those in `joining` wait to be added. */
  constructor(
    ids: readonly ServerID[],
    options: {
      disks?: Readonly<Record<ServerID, DurableState>>;
      joining?: readonly ServerID[];
      seed?: string;
      /** News go out at once, unless said: transcripts are shorter so. */
      newsPatience?: Duration;
    } = {},
  ) {
    this.#timing = { ...DEFAULT_TIMING, newsPatience: options.newsPatience ?? milliseconds(0) };
    this.#bootstrap = ids.map(voter);
    this.#seed = options.seed ?? "seed";
    for (const id of [...ids, ...(options.joining ?? [])]) {
      const disk = options.disks?.[id] ?? { ballot: { term: 0 }, entries: [] };
      const core = this.#newCore(id, disk, undefined);
      const empty = { snapshot: undefined, incoming: undefined, unsynced: [], applied: [] };
      this.servers.set(id, { id, core, isUp: true, disk, ...empty });
    }
  }

  at(id: ServerID): TestServer {
    const server = this.servers.get(id);
    assert(server !== undefined, `the cluster has a server "${id}"`);
    return server;
  }

  role(id: ServerID): Role {
    return this.at(id).core.role;
  }

  get up(): readonly TestServer[] {
    return [...this.servers.values()].filter((server) => server.isUp);
  }

  /** The leader of the highest term, if any. */
  get leader(): ServerID | undefined {
    const leaders = this.up.filter(({ core }) => core.role.kind === "leader");
    return leaders.sort((a, b) => b.core.term - a.core.term)[0]?.id;
  }

  /** The log of `id` as it would be after a sync, as `term:what` for each entry. */
  log(id: ServerID): readonly string[] {
    return this.#promises.logOf(id).map((entry) => `${entry.term}:${nameOf(entry)}`);
  }

  /** The commands that `id` has applied since it started. */
  applied(id: ServerID): readonly string[] {
    return this.at(id).applied.flatMap((entry) => (entry.kind === "command" ? [String(entry.data)] : []));
  }

  /** What happened since the transcript was last taken. */
  takeTranscript(): readonly string[] {
    const taken = this.#transcript;
    this.#transcript = [];
    return taken;
  }

  /** Feeds one core, and owes what it owes. */
  step(id: ServerID, input: RaftInput): RaftEffects {
    const server = this.at(id);
    assert(server.isUp, `server "${id}" is up`);
    const effects = server.core.step(this.now, input);
    for (const event of effects.events) this.#transcript.push(`${id}: ${tellEvent(event)}`);
    this.#send(server, effects.send);
    if (effects.persist !== undefined) this.#promises.written(id, effects.persist);
    if (effects.persist === undefined && server.unsynced.length === 0) this.#send(server, effects.sendOncePersisted);
    else server.unsynced.push({ batch: effects.persist, envelopes: effects.sendOncePersisted });
    if (effects.restore !== undefined) server.applied = [...server.snapshot!.applied];
    server.applied.push(...effects.apply);
    this.#promises.check(server, effects, this.servers);
    for (const wanted of effects.chunksWanted) this.#readChunk(server, wanted);
    if (effects.chunkToStore !== undefined) this.#storeChunk(server, effects.chunkToStore);
    return effects;
  }

  /** Asks `id` for a read; they are numbered from 0. */
  read(id: ServerID): RaftEffects {
    const read = this.#reads++;
    this.#promises.readAsked(read);
    return this.step(id, { kind: "read", read });
  }

  /** Takes a snapshot of all that `id` has applied, if that is anything new. */
  takeSnapshot(id: ServerID, trailing: Trailing): void {
    const server = this.at(id);
    const last = server.applied.at(-1);
    if (last === undefined || last.index <= (server.snapshot?.mark.index ?? 0)) return;
    const mark = server.core.markAt(last.index);
    const snapshot = { mark, checksum: `${id} ${last.index}`, applied: [...server.applied] };
    this.#snapshots.set(snapshot.checksum, snapshot);
    server.snapshot = snapshot;
    this.step(id, { kind: "snapshotTaken", index: last.index, trailing });
  }

  propose(id: ServerID, content: string | EntryContent): readonly Rejection[] {
    const entry: EntryContent = typeof content === "string" ? { kind: "command", data: Buffer.from(content) } : content;
    return this.step(id, { kind: "propose", proposals: [{ proposal: 0, content: entry }] }).rejected;
  }

  /** One sync: all that was written so far survives, and what waited for it is sent. */
  sync(id: ServerID): void {
    const server = this.at(id);
    const group = server.unsynced;
    server.unsynced = [];
    for (const { batch, envelopes } of group) {
      if (batch !== undefined) server.disk = written(server.disk, batch);
      this.#send(server, envelopes);
    }
    const last = group.findLast(({ batch }) => batch !== undefined)?.batch;
    if (last !== undefined) this.step(id, { kind: "persisted", batch: last.number });
  }

  /** Takes the message at `place` out of the network; it arrives, if its addressee is up. */
  deliver(place = 0): void {
    const [message] = this.inTransit.splice(place, 1);
    if (message === undefined || !this.at(message.to).isUp) return;
    this.#transcript.push(`${message.from} → ${message.to} ${tellMessage(message.message)}`);
    this.step(message.to, { kind: "received", from: message.from, message: message.message });
  }

  crash(id: ServerID): void {
    const server = this.at(id);
    server.isUp = false;
    server.unsynced = [];
    server.incoming = undefined;
    this.#promises.crashed(id, server.disk);
  }

  restart(id: ServerID): void {
    const server = this.at(id);
    server.disk = continuing(server.disk, server.snapshot?.mark);
    server.core = this.#newCore(id, server.disk, server.snapshot);
    server.applied = [...(server.snapshot?.applied ?? [])];
    server.isUp = true;
  }

  /** Delivers and syncs, first come first served, until nothing is left to do at this instant. */
  settle({ without = [] }: { without?: readonly ServerID[] } = {}): void {
    for (let turn = 0; turn < 100_000; turn++) {
      const isLost = ({ from, to }: InTransit) => without.includes(from) || without.includes(to);
      this.inTransit = this.inTransit.filter((message) => !isLost(message));
      const unsynced = this.up.find((server) => server.unsynced.length > 0);
      if (unsynced !== undefined) this.sync(unsynced.id);
      else if (this.inTransit.length > 0) this.deliver();
      else return;
    }
    assert(false, "a cluster comes to rest while no time passes");
  }

  /** Lets `time` pass: every core is woken when it asks to be, messages take no time. Those in `without` are cut off. */
  elapse(time: Duration, { without = [] }: { without?: readonly ServerID[] } = {}): void {
    const end = later(this.now, time);
    this.settle({ without });
    let wakes = 0;
    for (let next = this.#nextWake(); next !== undefined && next.at <= end; next = this.#nextWake()) {
      assert(wakes++ < MOST_WAKES, "a server that was woken sleeps again");
      this.now = instantOf(Math.max(this.now, next.at));
      this.step(next.id, { kind: "wake" });
      this.settle({ without });
    }
    this.now = end;
  }

  /** Wakes `id` when its election is due, as if nobody had been heard meanwhile, and settles; others are not woken. */
  campaign(id: ServerID): void {
    this.now = later(this.now, seconds(2));
    this.step(id, { kind: "wake" });
    this.settle();
  }

  #nextWake(): { id: ServerID; at: Instant } | undefined {
    const wakes = this.up.flatMap(({ id, core }) => {
      const at = core.wakeAt();
      return at === undefined ? [] : [{ id, at }];
    });
    return wakes.sort((a, b) => a.at - b.at)[0];
  }

  #readChunk(server: TestServer, wanted: ChunkWanted): void {
    const { snapshot } = server;
    if (snapshot === undefined || snapshot.mark.index !== wanted.index) {
      this.step(server.id, { kind: "chunkRead", wanted });
      return;
    }
    const data = Buffer.alloc(Math.min(CHUNK_BYTES, SNAPSHOT_BYTES - wanted.offset));
    const chunk = { offset: wanted.offset, data, totalBytes: SNAPSHOT_BYTES, checksum: snapshot.checksum };
    this.step(server.id, { kind: "chunkRead", wanted, chunk });
  }

  #storeChunk(server: TestServer, { from, snapshot, chunk }: ChunkToStore): void {
    if (server.incoming?.checksum !== chunk.checksum) server.incoming = { checksum: chunk.checksum, received: 0 };
    if (server.incoming.received === chunk.offset) server.incoming.received += chunk.data.length;
    const { received } = server.incoming;
    if (received < chunk.totalBytes) {
      this.step(server.id, { kind: "chunkStored", from, index: snapshot.index, received });
      return;
    }
    server.incoming = undefined;
    const isNewer = snapshot.index > (server.snapshot?.mark.index ?? 0);
    if (isNewer) server.snapshot = this.#snapshots.get(chunk.checksum)!;
    this.step(server.id, { kind: "snapshotReceived", from, snapshot });
  }

  #send(server: TestServer, envelopes: readonly Envelope[]): void {
    for (const envelope of envelopes) {
      this.#promises.sent(server, envelope);
      this.inTransit.push({ from: server.id, ...envelope });
    }
  }

  #newCore(id: ServerID, disk: DurableState, snapshot: TestSnapshot | undefined): Raft {
    this.#lives++;
    const isFounder = this.#bootstrap.some((member) => member.id === id);
    const options = {
      id,
      bootstrap: isFounder ? this.#bootstrap : [],
      timing: this.#timing,
      electImmediatelyWhenAlone: true,
    };
    this.#promises.crashed(id, disk);
    const random = new SeededRandom(`${this.#seed}/${this.#lives}`);
    return new Raft(random, disk, options, this.now, snapshot?.mark);
  }
}

/** For tests: messages and disks made of short words. */
export const voter = (id: ServerID): Member => ({ id, address: `${id}:4647`, voter: true });
export const nonVoter = (id: ServerID): Member => ({ id, address: `${id}:4647`, voter: false });

/** For tests: a log of commands with these terms, on a server that has seen `term`. */
export function diskWith(terms: readonly number[], term = terms.at(-1) ?? 0): DurableState {
  return { ballot: { term }, entries: terms.map((entryTerm, place) => oldEntry(place + 1, entryTerm)) };
}

const oldEntries = new Map<string, LogEntry>();

/** The same place in two logs is the same entry. */
function oldEntry(index: LogIndex, term: Term): LogEntry {
  const name = `${index}/${term}`;
  const entry = oldEntries.get(name) ?? { kind: "command", data: Buffer.from(name), index, term };
  oldEntries.set(name, entry);
  return entry;
}

function nameOf(entry: LogEntry): string {
  return entry.kind === "command" ? String(entry.data) : entry.kind;
}

function written(disk: DurableState, { ballot, truncateFrom, base, entries }: DurableBatch): DurableState {
  const before = disk.base ?? LOG_START;
  const after = base ?? before;
  const kept = disk.entries.filter(({ index }) => index < (truncateFrom ?? Infinity) && index > after.index);
  return { ballot: ballot ?? disk.ballot, base: after, entries: [...kept, ...entries] };
}
