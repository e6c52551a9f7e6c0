import {
  assert,
  between,
  type Duration,
  type Instant,
  isBefore,
  milliseconds,
  seconds,
  unreachable,
} from "../base/index.ts";
import { type Log, type MetricName, pause, type Runtime } from "../runtime/index.ts";
import { announce, announceRole, type Voice } from "./announce.ts";
import { AnswerFigures } from "./answer-figures.ts";
import { ApplyQueue } from "./apply-queue.ts";
import type { DurableBatch, RaftEffects, RaftInput, Rejection, Role } from "./core/effects.ts";
import type { EntryContent, LogEntry, LogIndex, Term } from "./core/log-entry.ts";
import type { Member, ServerID } from "./core/membership.ts";
import type { Envelope, RaftMessage } from "./core/messages.ts";
import { Raft } from "./core/raft.ts";
import { continuing } from "./core/restored.ts";
import { LOG_START, type SnapshotMark } from "./core/snapshot.ts";
import { DEFAULT_TIMING, type RaftTiming } from "./core/timing.ts";
import {
  CommandTooLarge,
  LeadershipLost,
  LogStoreFull,
  MembersNotChanged,
  NotLeader,
  RaftOverloaded,
  RaftStopped,
  RestoreUnderWay,
} from "./errors.ts";
import type { LogStore } from "./log-store.ts";
import { type OpenProposal, ProposalBatches } from "./proposal-batches.ts";
import { ReplicationFigures } from "./replication-figures.ts";
import { type SnapshotParts, Snapshotting } from "./snapshotting.ts";
import type { StateMachine } from "./state-machine.ts";
import { withoutSuperseded } from "./superseded.ts";
import type { Transport } from "./transport.ts";
import { WaitingReads } from "./waiting-reads.ts";
import { WriteQueue } from "./write-queue.ts";

/** Proposals that may wait to be committed at a time; beyond it `propose` rejects with `RaftOverloaded`. */
const MAX_OPEN_PROPOSALS = 16_384;

/** The largest command: well below what the transport carries in one message. */
const MAX_COMMAND_BYTES = 32 * 1024 * 1024;

const names = {
  apply: ["raft", "apply"],
  barrier: ["raft", "barrier"],
  verifyLeader: ["raft", "verify_leader"],
  commitTime: ["raft", "commitTime"],
  applied: ["raft", "fsm", "apply"],
  dispatchLog: ["raft", "leader", "dispatchLog"],
  storeLogs: ["raft", "rpc", "appendEntries", "storeLogs"],
  processLogs: ["raft", "rpc", "appendEntries", "processLogs"],
  electSelf: ["raft", "candidate", "electSelf"],
  compactLogs: ["raft", "compactLogs"],
  lastContact: ["raft", "leader", "lastContact"],
};

const NO_PATIENCE = milliseconds(0);

/** In so many rounds a newcomer is to have caught up, or it is too slow. Source: Ongaro's thesis, §4.2.1. */
const MOST_ROUNDS = 10;
/** How long a full disk is left alone before it is tried again. */
const FULL_DISK_PATIENCE = seconds(1);

/** What a host is made of. It owns the store and the transport, and closes them with itself. */
export interface RaftParts {
  readonly store: LogStore;
  readonly transport: Transport;
  readonly stateMachine: StateMachine;
  /** Without it the log grows for ever. */
  readonly snapshots?: SnapshotParts;
}

export interface RaftHostOptions {
  readonly id: ServerID;
  /** This server's `host:port`, as peers and the log know it. */
  readonly address: string;
  /** The servers of a new cluster, the same on each; empty on a server that waits to be added. Unused once there is a log. */
  readonly bootstrap: readonly Member[];
  /** The only voter campaigns at once instead of waiting out an election timeout. */
  readonly electImmediatelyWhenAlone: boolean;
  readonly timing?: RaftTiming;
  /** Called once if the server must not go on: its state machine, its log or Raft itself has failed. */
  readonly onFatal: (error: RaftStopped) => void;
}

/** Raft's figures, by the names under which `agent-info` shows them. */
export interface RaftStats {
  readonly applied_index: LogIndex;
  readonly commit_index: LogIndex;
  readonly fsm_pending: number;
  /** How long ago a leader was last heard; undefined when this server never followed one. */
  readonly last_contact: Duration | undefined;
  readonly last_log_index: LogIndex;
  readonly last_log_term: Term;
  readonly last_snapshot_index: LogIndex;
  readonly last_snapshot_term: Term;
  /** Voters other than this server. */
  readonly num_peers: number;
  readonly state: "Follower" | "Candidate" | "Leader" | "Shutdown";
  readonly term: Term;
}

const STATE_NAMES = { follower: "Follower", candidate: "Candidate", leader: "Leader" } as const;

/**
 * Lets Raft live: steps the core when something happens or its time has come, and carries out what it owes, in the
 * order of the effects. It decides nothing itself.
 */
export class RaftHost {
  readonly #runtime: Pick<Runtime, "clock" | "metrics">;
  readonly #core: Raft;
  readonly #parts: RaftParts;
  readonly #options: RaftHostOptions;
  readonly #voice: Voice;
  readonly #writes: WriteQueue;
  readonly #applies: ApplyQueue;
  readonly #snapshots: Snapshotting | undefined;
  readonly #reads = new WaitingReads();
  readonly #ended = new AbortController();
  readonly #roleListeners = new Set<(role: Role) => void>();
  readonly #batches: ProposalBatches;
  readonly #answers: AnswerFigures;
  /** What is being written, under which name that is timed, and since when. */
  readonly #timedWrites: { readonly batch: number; readonly timer: MetricName; readonly at: Instant }[] = [];
  /** Logged, and not yet applied. */
  readonly #awaiting = new Map<LogIndex, OpenProposal>();
  #role: Role;
  #replication: ReplicationFigures;
  #wake: { readonly at: Instant; readonly cancel: () => void } | undefined;
  /** What puts another state in place of the present one, one after the other. */
  #replacing: Promise<void> = Promise.resolve();
  /** Parts of a state to be restored are on their way into the log. */
  #isRestoring = false;
  /** Whatever came after the end of a restore would have been decided on the state of before. */
  #isFenced = false;
  #isStepping = false;
  #stopped: RaftStopped | undefined;
  /** Why nothing can be written at present. */
  #full: LogStoreFull | undefined;
  /** What the log held when there was room again: those who had proposed it were told that it failed. */
  #untold: { readonly through: LogIndex; readonly reason: LogStoreFull } | undefined;
  #closed: Promise<void> | undefined;

  /**
   * Reads what the store remembers and takes part from then on. Rejects if the store cannot be read, or says that it
   * lacks a snapshot; then store and transport are closed.
   */
  static async open(
    runtime: Pick<Runtime, "clock" | "random" | "log" | "metrics">,
    parts: RaftParts,
    options: RaftHostOptions,
  ): Promise<RaftHost> {
    const { restored, snapshot } = await loadOrClose(parts, runtime.log.named("raft"));
    const coreOptions = { ...options, timing: options.timing ?? DEFAULT_TIMING };
    const core = new Raft(runtime.random, restored, coreOptions, runtime.clock.now(), snapshot);
    return new RaftHost(runtime, core, parts, options);
  }

  private constructor(
    runtime: Pick<Runtime, "clock" | "log" | "metrics">,
    core: Raft,
    parts: RaftParts,
    options: RaftHostOptions,
  ) {
    this.#runtime = runtime;
    this.#core = core;
    this.#parts = parts;
    this.#options = options;
    const { metrics } = runtime;
    const addressOf = (id: ServerID) => this.#addressOf(id) ?? id;
    this.#voice = { log: runtime.log.named("raft"), metrics, address: options.address, addressOf };
    this.#writes = new WriteQueue(parts.store, {
      done: (envelopes, throughBatch) => this.#guard(() => this.#written(envelopes, throughBatch)),
      full: (error) => this.#waitForRoom(error),
      free: () => this.#guard(() => this.#hasRoom()),
      failed: (cause) => this.#fail(failure("Cannot write the log", cause)),
    });
    this.#batches = new ProposalBatches(runtime.clock, (batch) => this.#guard(() => this.#proposeBatch(batch)));
    this.#snapshots = this.#snapshotting(parts.snapshots);
    this.#applies = new ApplyQueue(
      runtime.clock,
      core.snapshot?.index ?? 0,
      (entry) => this.#apply(entry),
      (resume) => runtime.clock.at(runtime.clock.now(), () => this.#guard(resume)),
    );
    this.#role = core.role;
    this.#replication = new ReplicationFigures(runtime, addressOf);
    this.#answers = new AnswerFigures(runtime);
    announceRole(this.#role, this.#voice);
    parts.transport.membersChanged(core.members);
    parts.transport.listen((from, message) => this.#guard(() => this.#received(from, message)));
    this.#scheduleWake();
  }

  get role(): Role {
    return this.#role;
  }

  /** Calls `listener` after every change of role, once what was committed before it is handed on; the result stops that. */
  onRole(listener: (role: Role) => void): () => void {
    this.#roleListeners.add(listener);
    return () => this.#roleListeners.delete(listener);
  }

  /** `host:port` of the leader, as far as this server knows. */
  get leader(): string | undefined {
    if (this.#role.kind === "leader") return this.#options.address;
    if (this.#role.kind === "candidate" || this.#role.leader === undefined) return undefined;
    return this.#addressOf(this.#role.leader);
  }

  /** The configuration in force. */
  get members(): readonly Member[] {
    return this.#core.members;
  }

  /**
   * Puts a command into the log; the bytes must not be changed afterwards. Resolves with what the state machine
   * returned once this server has applied it. Rejects with `NotLeader`, `RaftOverloaded` or `CommandTooLarge` (nothing
   * was logged), with `LeadershipLost` (it may yet be committed), with `LogStoreFull` (which says) or with `RaftStopped`.
   * One with `patience` waits up to that long for others to share their write with it.
   */
  propose(data: Uint8Array, patience = NO_PATIENCE): Promise<{ index: LogIndex; result: unknown }> {
    this.#runtime.metrics.count(names.apply);
    if (data.length > MAX_COMMAND_BYTES) return Promise.reject(new CommandTooLarge(data.length, MAX_COMMAND_BYTES));
    return this.#open({ kind: "command", data }, patience);
  }

  /**
   * Puts another state in place of the present one, on all servers: `parts` go into the log, at most a megabyte each,
   * and at their end everybody takes them for its state, or nobody does. Resolves once this server has, and gives up
   * its leadership then, since what a leader knows comes from the state. Rejects as `propose` does, with
   * `RestoreUnderWay`, and with what `parts` throws: then the state stays as it is, unless the rejection says that what
   * was logged may yet take effect.
   */
  async restore(parts: AsyncIterable<Uint8Array>): Promise<LogIndex> {
    if (this.#isRestoring) throw new RestoreUnderWay();
    this.#isRestoring = true;
    try {
      return await this.#restoreAll(parts);
    } finally {
      this.#isRestoring = false;
    }
  }

  /** Resolves once all that was logged before is applied here, with the barrier's own index. Rejects as `propose` does. */
  async barrier(): Promise<LogIndex> {
    this.#runtime.metrics.count(names.barrier);
    return (await this.#open({ kind: "barrier" })).index;
  }

  /**
   * Changes the configuration, by at most one voter at a time. Resolves once the change is committed. Rejects as
   * `propose` does, and with `MembersNotChanged`.
   */
  async changeMembers(members: readonly Member[]): Promise<LogIndex> {
    return (await this.#open({ kind: "members", members })).index;
  }

  /**
   * Lets `member` vote, once it has been brought up to date: until then it gets the log and is not counted, so that a
   * newcomer with nothing holds up no commit. Resolves when it votes. Rejects as `changeMembers` does, also where the
   * newcomer is too slow for the log, and with the signal's reason when that fires first; it then stays without a vote.
   */
  async addVoter({ id, address }: Omit<Member, "voter">, signal: AbortSignal): Promise<void> {
    const present = this.members.find((member) => member.id === id);
    if (present?.voter && present.address === address) return;
    if (present?.voter !== true) await this.#setMember({ id, address, voter: false });
    const rounds = () => this.#core.standingOf(id)?.catchUp.rounds ?? 0;
    const lastRound = rounds() + MOST_ROUNDS;
    while (!this.#isCaughtUp(id)) {
      if (rounds() >= lastRound) throw this.#tooSlow(id);
      await pause(this.#runtime.clock, this.#timing.heartbeatEvery, signal);
      signal.throwIfAborted();
      if (this.#stopped !== undefined) throw this.#stopped;
      if (this.#role.kind !== "leader") throw new NotLeader(this.leader);
    }
    await this.#setMember({ id, address, voter: true });
  }

  /** Takes `id` out of the configuration, whether it votes or not. Rejects as `changeMembers` does. */
  async removeServer(id: ServerID): Promise<void> {
    if (!this.members.some((member) => member.id === id)) return;
    await this.changeMembers(this.members.filter((member) => member.id !== id));
  }

  /**
   * Resolves once this server has applied all that was committed when it was called, after a majority has confirmed that
   * it leads: what is read then is not stale. The value is the index up to which that was. Rejects with `NotLeader` or
   * `RaftStopped`.
   */
  readIndex(): Promise<LogIndex> {
    if (this.#stopped !== undefined) return Promise.reject(this.#stopped);
    if (this.#role.kind !== "leader") return Promise.reject(new NotLeader(this.leader));
    return this.#reads.wait(() => this.#guard(() => this.#beginReads()));
  }

  /** Takes a snapshot of what is applied now, without waiting until it is due. Resolves when it was taken or failed. */
  async takeSnapshot(): Promise<void> {
    const index = this.#applies.appliedIndex;
    if (this.#applies.isRestoring || index <= (this.#core.snapshot?.index ?? 0)) return;
    await this.#snapshots?.takeNow(index);
  }

  /**
   * Lets `to` lead instead, once its log is complete. It is tried for an election timeout, in which proposals reject
   * with `NotLeader`; `onRole` tells whether it came about. Throws `NotLeader` on a server that does not lead.
   */
  transferLeadership(to: ServerID): void {
    if (this.#role.kind !== "leader") throw new NotLeader(this.leader);
    this.#guard(() => this.#step({ kind: "transferLeadership", to }));
  }

  stats(): RaftStats {
    const core = this.#core;
    const heardAt = core.leaderHeardAt;
    return {
      applied_index: this.#applies.appliedIndex,
      commit_index: core.commitIndex,
      fsm_pending: this.#applies.pending,
      last_contact: heardAt === undefined ? undefined : between(heardAt, this.#runtime.clock.now()),
      last_log_index: core.lastIndex,
      last_log_term: core.lastTerm,
      last_snapshot_index: core.snapshot?.index ?? 0,
      last_snapshot_term: core.snapshot?.term ?? 0,
      num_peers: core.members.filter((member) => member.voter && member.id !== this.#options.id).length,
      state: this.#stopped === undefined ? STATE_NAMES[this.#role.kind] : "Shutdown",
      term: core.term,
    };
  }

  /** Takes no further part. Open proposals reject with `RaftStopped`; resolves when store and transport are closed. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #restoreAll(parts: AsyncIterable<Uint8Array>): Promise<LogIndex> {
    let first: LogIndex | undefined;
    let bytes = 0;
    try {
      for await (const data of parts) {
        const { index } = await this.#open({ kind: "restorePart", data });
        first ??= index;
        bytes += data.length;
      }
      assert(first !== undefined, "a state has parts");
      const ended = this.#open({ kind: "restoreEnd", first, bytes });
      this.#isFenced = true;
      return (await ended).index;
    } catch (error) {
      // The parts wait in the log for an end that now never comes, as long as this term lasts.
      if (first !== undefined) this.#guard(() => this.#step({ kind: "standDown" }));
      throw error;
    }
  }

  #open(content: EntryContent, patience = NO_PATIENCE): Promise<{ index: LogIndex; result: unknown }> {
    if (this.#stopped !== undefined) return Promise.reject(this.#stopped);
    if (this.#isFenced) return Promise.reject(new NotLeader(undefined));
    const unsettled = this.#unsettled;
    if (unsettled !== undefined) return Promise.reject(unsettled);
    if (this.#batches.size + this.#awaiting.size >= MAX_OPEN_PROPOSALS) {
      return Promise.reject(new RaftOverloaded(MAX_OPEN_PROPOSALS));
    }
    const since = this.#runtime.clock.now();
    const answer = new Promise<{ index: LogIndex; result: unknown }>((resolve, reject) => {
      this.#batches.add({ content, since, resolve, reject }, patience);
    });
    if (!this.#isWriting) this.#batches.goOut();
    return answer;
  }

  /** A full disk takes its time: whoever proposes meanwhile is told at once. */
  get #isWriting(): boolean {
    return this.#writes.isWriting && this.#full === undefined;
  }

  #proposeBatch(batch: readonly OpenProposal[]): void {
    this.#step({ kind: "propose", proposals: batch.map(({ content }, proposal) => ({ proposal, content })) }, batch);
  }

  /** One step of the core and all that follows from it; `batch` holds the proposals of the input by their numbers. */
  #step(input: RaftInput, batch: readonly OpenProposal[] = []): void {
    if (this.#stopped !== undefined) return;
    assert(!this.#isStepping, "a step ends before the next begins");
    this.#isStepping = true;
    try {
      this.#carryOut(this.#core.step(this.#runtime.clock.now(), input), batch);
    } finally {
      this.#isStepping = false;
    }
    this.#scheduleWake();
  }

  #received(from: ServerID, message: RaftMessage): void {
    this.#replication.heard(from, message);
    this.#answers.heard(from, message);
    this.#step({ kind: "received", from, message });
  }

  #send(envelope: Envelope): void {
    this.#parts.transport.send(envelope.to, envelope.message);
    this.#replication.sent(envelope);
    this.#answers.sent(envelope);
  }

  #carryOut(effects: RaftEffects, batch: readonly OpenProposal[]): void {
    const { transport } = this.#parts;
    for (const envelope of effects.send) this.#send(envelope);
    if (effects.persist !== undefined || effects.sendOncePersisted.length > 0) {
      if (effects.persist !== undefined) this.#timeWrite(effects.persist, effects.role ?? this.#role);
      this.#writes.push(effects.persist, effects.sendOncePersisted);
    }
    for (const { proposal, index } of effects.accepted) this.#awaiting.set(index, batch[proposal]!);
    for (const rejection of effects.rejected) batch[rejection.proposal]!.reject(this.#errorFor(rejection));
    if (effects.restore !== undefined) this.#restore(effects.restore);
    for (const event of effects.events) {
      announce(event, this.#voice);
      if (event.kind === "membersChanged") transport.membersChanged(event.members);
    }
    this.#process(effects.apply);
    for (const { read, index } of effects.reads) this.#reads.proven(read, index, this.#applies.appliedIndex);
    for (const wanted of effects.chunksWanted) void this.#snapshots?.read(wanted);
    if (effects.chunkToStore !== undefined) this.#snapshots?.storeChunk(effects.chunkToStore);
    if (effects.role !== undefined && this.#stopped === undefined) this.#changeRole(effects.role);
  }

  #written(envelopes: readonly Envelope[], throughBatch: number | undefined): void {
    for (const envelope of withoutSuperseded(envelopes)) this.#send(envelope);
    if (throughBatch !== undefined) {
      this.#tellWritten(throughBatch);
      this.#step({ kind: "persisted", batch: throughBatch });
    }
    this.#batches.goOut();
  }

  #timeWrite(batch: DurableBatch, role: Role): void {
    const timer = this.#timerOf(batch, role);
    if (timer !== undefined) this.#timedWrites.push({ batch: batch.number, timer, at: this.#runtime.clock.now() });
  }

  #timerOf({ ballot, base, entries }: DurableBatch, role: Role): MetricName | undefined {
    if (base !== undefined) return names.compactLogs;
    if (ballot?.votedFor === this.#options.id) return names.electSelf;
    if (role.kind === "leader") return names.dispatchLog;
    return entries.length > 0 ? names.storeLogs : undefined;
  }

  #tellWritten(throughBatch: number): void {
    const { clock, metrics } = this.#runtime;
    const writes = this.#timedWrites;
    for (let next = writes[0]; next !== undefined && next.batch <= throughBatch; next = writes[0]) {
      metrics.time(next.timer, between(next.at, clock.now()));
      writes.shift();
    }
  }

  #process(committed: readonly LogEntry[]): void {
    const { clock, metrics } = this.#runtime;
    const began = clock.now();
    this.#applies.push(committed);
    if (committed.length > 0 && this.#role.kind === "follower") {
      metrics.time(names.processLogs, between(began, clock.now()));
    }
  }

  #apply(entry: LogEntry): Promise<void> | undefined {
    if (entry.kind === "restoreEnd") return this.#replaceState(entry);
    this.#applied(entry, this.#resultOf(entry));
    return undefined;
  }

  #applied(entry: LogEntry, result?: unknown): void {
    this.#answer(entry.index, result);
    this.#reads.applied(entry.index);
    this.#snapshots?.applied(entry);
  }

  async #replaceState(end: LogEntry & { readonly kind: "restoreEnd" }): Promise<void> {
    const { index, term } = end;
    this.#voice.log.info("restoring a state from the log", { index, bytes: end.bytes });
    const parts = partsOf(this.#core.entries(end.first, index - 1), end);
    this.#replacing = this.#replacing.then(() => this.#parts.stateMachine.replace(piecesOf(parts), index));
    try {
      await this.#replacing;
    } catch (cause) {
      this.#fail(failure(`Cannot restore the state that entry ${index} of the log ends`, cause));
      throw cause;
    }
    this.#guard(() => {
      if (this.#applies.appliedIndex >= index) return;
      this.#applied(end);
      if (this.#role.kind === "leader" && this.#role.term === term) this.#step({ kind: "standDown" });
    });
  }

  #answer(index: LogIndex, result: unknown): void {
    const open = this.#awaiting.get(index);
    if (open === undefined) return;
    this.#awaiting.delete(index);
    this.#runtime.metrics.time(names.commitTime, between(open.since, this.#runtime.clock.now()));
    open.resolve({ index, result });
  }

  #resultOf(entry: LogEntry): unknown {
    if (entry.kind !== "command") return undefined;
    const { clock, metrics } = this.#runtime;
    try {
      const began = clock.now();
      const result = this.#parts.stateMachine.apply(entry);
      metrics.time(names.applied, between(began, clock.now()));
      return result;
    } catch (cause) {
      throw new RaftStopped(`Cannot apply entry ${entry.index} of the log: ${reasonOf(cause)}`, { cause });
    }
  }

  #beginReads(): void {
    const read = this.#reads.takeBatch();
    if (read === undefined) return;
    this.#runtime.metrics.count(names.verifyLeader);
    this.#step({ kind: "read", read });
  }

  #snapshotting(parts: SnapshotParts | undefined): Snapshotting | undefined {
    if (parts === undefined) return undefined;
    return new Snapshotting(parts, {
      log: this.#voice.log,
      clock: this.#runtime.clock,
      metrics: this.#runtime.metrics,
      markAt: (index) => this.#core.markAt(index),
      step: (input) => this.#guard(() => this.#step(input)),
    });
  }

  /** A leader's snapshot takes the place of what we had. */
  #restore(mark: SnapshotMark): void {
    assert(this.#snapshots !== undefined, "only a server that keeps snapshots is sent one");
    this.#voice.log.info("restoring a snapshot", { index: mark.index, term: mark.term });
    this.#applies.beginRestore();
    const snapshots = this.#snapshots;
    this.#replacing = this.#replacing.then(() => snapshots.restore(mark));
    this.#replacing.then(
      () => this.#guard(() => this.#restored(mark)),
      (cause) => this.#fail(failure("Cannot restore the snapshot of a leader", cause)),
    );
  }

  /** Another may have come meanwhile: then that is the one to wait for. */
  #restored(mark: SnapshotMark): void {
    if (this.#core.snapshot?.index === mark.index) this.#applies.restored(mark.index);
  }

  async #waitForRoom(error: LogStoreFull): Promise<void> {
    this.#guard(() => this.#runsFull(error));
    await pause(this.#runtime.clock, FULL_DISK_PATIENCE, this.#ended.signal);
  }

  /** Whoever waits for the disk is told why; their entries are written once there is room. */
  #runsFull(error: LogStoreFull): void {
    if (this.#full !== undefined) return;
    this.#full = error;
    this.#voice.log.error("the disk has no room for the log, writes are refused", { error: error.message });
    for (const open of this.#awaiting.values()) open.reject(error);
    this.#awaiting.clear();
    this.#step({ kind: "storageFull" });
    this.#batches.flush();
  }

  #hasRoom(): void {
    if (this.#full !== undefined) this.#untold = { through: this.#core.lastIndex, reason: this.#full };
    this.#full = undefined;
    this.#voice.log.info("the disk has room again, writes go on");
    this.#step({ kind: "storageFree" });
  }

  /**
   * Why nothing may be proposed yet: a leader that has room again has entries in its log that nobody waits for any more, and
   * whoever looked at the state before they are applied would propose what no longer fits.
   */
  get #unsettled(): LogStoreFull | undefined {
    if (this.#untold !== undefined && this.#applies.appliedIndex >= this.#untold.through) this.#untold = undefined;
    return this.#untold?.reason;
  }

  #setMember(member: Member): Promise<LogIndex> {
    return this.changeMembers([...this.members.filter(({ id }) => id !== member.id), member]);
  }

  #tooSlow(id: ServerID): MembersNotChanged {
    this.#voice.log.warn("a newcomer does not keep up with the log, and gets no vote yet", { server: id });
    return new MembersNotChanged("tooSlow");
  }

  /** As a voter it would then hold up a commit for no longer than an election takes to begin. */
  #isCaughtUp(id: ServerID): boolean {
    const now = this.#runtime.clock.now();
    return this.#core.standingOf(id)?.catchUp.isWithin(this.#timing.electionTimeout, now) === true;
  }

  get #timing(): RaftTiming {
    return this.#options.timing ?? DEFAULT_TIMING;
  }

  /** Whatever the last tenure logged and could not apply is no longer ours to answer for. */
  #changeRole(role: Role): void {
    this.#role = role;
    this.#replication = new ReplicationFigures(this.#runtime, this.#voice.addressOf);
    this.#isFenced = false;
    this.#untold = undefined;
    this.#reads.reject(this.#stopped ?? new NotLeader(this.leader));
    for (const open of this.#awaiting.values()) open.reject(new LeadershipLost());
    this.#awaiting.clear();
    for (const listener of this.#roleListeners) listener(role);
  }

  /** Nearly every step puts it off: a timer that is too early for that is left as it is, and looks again when it fires. */
  #scheduleWake(): void {
    const at = this.#stopped === undefined ? this.#core.wakeAt() : undefined;
    if (this.#wake !== undefined && at !== undefined && this.#wake.at <= at) return;
    this.#wake?.cancel();
    this.#wake = at === undefined ? undefined : { at, cancel: this.#runtime.clock.at(at, () => this.#wakeUp()) };
  }

  #wakeUp(): void {
    this.#wake = undefined;
    const at = this.#core.wakeAt();
    if (at !== undefined && isBefore(this.#runtime.clock.now(), at)) this.#scheduleWake();
    else {
      this.#measureContact();
      this.#guard(() => this.#step({ kind: "wake" }));
    }
  }

  /** How long ago a leader has heard each peer, whenever it is about to speak to them. */
  #measureContact(): void {
    if (this.#role.kind !== "leader" || this.#stopped !== undefined) return;
    const { clock, metrics } = this.#runtime;
    for (const { id } of this.members) {
      const standing = this.#core.standingOf(id);
      if (standing !== undefined) metrics.time(names.lastContact, between(standing.contactedAt, clock.now()));
    }
  }

  /** Runs what the world calls us for. Anything thrown there is a broken invariant: the server stops. */
  #guard(act: () => void): void {
    if (this.#stopped !== undefined) return;
    try {
      act();
    } catch (error) {
      this.#fail(error instanceof RaftStopped ? error : failure("Cannot go on with Raft", error));
    }
  }

  #fail(error: RaftStopped): void {
    if (this.#stopped !== undefined) return;
    try {
      this.#stop(error);
    } finally {
      this.#options.onFatal(error);
    }
  }

  #stop(reason: RaftStopped): void {
    this.#stopped = reason;
    this.#ended.abort(reason);
    this.#reads.reject(reason);
    this.#scheduleWake();
    this.#applies.close();
    void this.#writes.close();
    for (const open of [...this.#batches.abandon(), ...this.#awaiting.values()]) open.reject(reason);
    this.#awaiting.clear();
    if (this.#role.kind !== "follower") this.#changeRole({ kind: "follower" });
  }

  async #close(): Promise<void> {
    if (this.#stopped === undefined) this.#stop(new RaftStopped("Raft is shut down"));
    await this.#writes.close();
    await this.#snapshots?.close();
    await this.#parts.transport.close();
    await this.#parts.store.close();
  }

  #errorFor({ reason, leader }: Rejection): Error {
    switch (reason) {
      case "notLeader":
        return new NotLeader(leader === undefined ? undefined : this.#addressOf(leader));
      case "changePending":
      case "notOneServer":
      case "tooFewAnswer":
        return new MembersNotChanged(reason);
      case "storageFull":
        return this.#full ?? new LogStoreFull("the log", "no space left on device");
      default:
        return unreachable(reason);
    }
  }

  #addressOf(id: ServerID): string | undefined {
    return this.#core.members.find((member) => member.id === id)?.address;
  }
}

/** What the entries among `entries` hold that `end` speaks of. */
function partsOf(entries: readonly LogEntry[], end: LogEntry & { readonly kind: "restoreEnd" }): readonly Uint8Array[] {
  const parts = entries.flatMap((entry) => (entry.kind === "restorePart" ? entry.data : []));
  const bytes = parts.reduce((sum, { length }) => sum + length, 0);
  assert(bytes === end.bytes, `all parts of a state are there: ${bytes} of ${end.bytes} bytes`);
  return parts;
}

async function* piecesOf(parts: readonly Uint8Array[]): AsyncIterable<Uint8Array> {
  yield* parts;
}

/** As `load`; a server that cannot be opened leaves nothing open. */
async function loadOrClose(parts: RaftParts, log: Log) {
  try {
    return await load(parts, log);
  } catch (error) {
    await Promise.all([parts.store.close(), parts.transport.close()]);
    throw error;
  }
}

/** What is on disk, and the state machine with it. */
async function load({ store, snapshots }: RaftParts, log: Log) {
  const durable = await store.load();
  const found = await snapshots?.store.load();
  for (const damage of found?.damaged ?? []) log.warn("a snapshot is damaged", { found: damage });
  const base = durable.base ?? LOG_START;
  const snapshot = found?.whole.find(({ index }) => index >= base.index);
  if (snapshot === undefined && base.index > 0) {
    const damage = found?.damaged[0] ?? "no snapshot is there";
    throw store.misfit(`the log goes on after entry ${base.index}, but ${damage}`);
  }
  if (snapshots !== undefined && snapshot !== undefined) {
    await snapshots.state.restore(snapshots.store.read(snapshot));
  }
  const restored = continuing(durable, snapshot);
  if (restored !== durable)
    await store.write([{ number: 0, truncateFrom: base.index + 1, base: restored.base, entries: [] }]);
  return { restored, snapshot };
}

function failure(doing: string, cause: unknown): RaftStopped {
  return new RaftStopped(`${doing}: ${reasonOf(cause)}`, { cause });
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
