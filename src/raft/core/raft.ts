import {
  assert,
  type Core,
  earlier,
  type Instant,
  isBefore,
  later,
  type Random,
  times,
  unreachable,
} from "../../base/index.ts";
import { Durability } from "./durability.ts";
import type { ChunkWanted, DurableState, Proposal, RaftEffects, RaftInput, Rejection, Role } from "./effects.ts";
import { isUpToDate, Tally } from "./election.ts";
import type { EntryContent, LogEntry, LogIndex, Term } from "./log-entry.ts";
import { LogTail } from "./log-tail.ts";
import { isSingleServerChange, type Member, Membership, type ServerID } from "./membership.ts";
import type {
  Append,
  AppendReply,
  Ballot,
  CampaignNow,
  Confirm,
  Confirmed,
  Envelope,
  InstallSnapshot,
  RaftMessage,
  SnapshotStored,
  VoteReply,
  VoteRequest,
} from "./messages.ts";
import { Outbox } from "./outbox.ts";
import { PendingReads } from "./reads.ts";
import { type PeerStanding, Replication } from "./replication.ts";
import { LOG_START, type SnapshotChunk, type SnapshotMark, type Trailing } from "./snapshot.ts";
import { countsOfStranger, FURTHEST_TERM_AHEAD } from "./strangers.ts";
import type { RaftTiming } from "./timing.ts";

export interface RaftOptions {
  readonly id: ServerID;
  /** The servers of a new cluster, the same on each of them; empty on a server that waits to be added to one. */
  readonly bootstrap: readonly Member[];
  readonly timing: RaftTiming;
  /** The only voter need not wait for anybody before it campaigns. */
  readonly electImmediatelyWhenAlone: boolean;
}

/** Where a server stands. Each change makes a new one, so that nothing of the last tenure or ballot is left. */
type Standing =
  | { readonly kind: "follower"; readonly leader?: ServerID; readonly electionAt: Instant }
  | { readonly kind: "candidate"; readonly campaign: Campaign; readonly electionAt: Instant }
  | { readonly kind: "leader"; readonly tenure: Tenure; readonly handover?: Handover };

/** What a leader works with; made when it is elected. */
interface Tenure {
  readonly replication: Replication;
  readonly reads: PendingReads;
  /** The first entry of this term: once it is committed, so is all that earlier leaders committed. */
  readonly firstIndex: LogIndex;
}

interface Campaign {
  readonly ballot: Ballot;
  readonly tally: Tally;
  /** The write that holds one's own vote, which counts only then. */
  readonly ownVoteIn: number;
}

/** Leadership is to go to `to`, once its log is complete; given up at `until`. */
interface Handover {
  readonly to: ServerID;
  readonly until: Instant;
  readonly told: boolean;
}

/**
 * One server's part in Raft, as a value: inputs go in, obligations come out.
 *
 *                 silence             trial won, then the vote
 *     follower ────────────► candidate ───────────────────────► leader
 *        ▲                       │                                │
 *        └───────────────────────┴────────────────────────────────┘
 *          a higher term, a leader of this term, or a quorum lost
 *
 * A candidate first asks for trial votes, which change nothing, and raises its term only when it would win; a server
 * that hears its leader refuses to take part. So a server that was cut off disturbs nobody when it returns.
 * Sources: Ongaro and Ousterhout, "In Search of an Understandable Consensus Algorithm" (§ numbers are its sections);
 * Ongaro's thesis for membership (4), handover (3.10), pre-vote and the leader's stepping down (9.6, 6.2).
 */
export class Raft implements Core<RaftInput, RaftEffects> {
  /** Whether reads were asked for in this step. */
  #newRound = false;
  readonly #random: Random;
  readonly #options: RaftOptions;
  readonly #log: LogTail;
  readonly #membership: Membership;
  readonly #durability: Durability;
  #term: Term;
  #votedFor: ServerID | undefined;
  /** The newest on disk. */
  #snapshot: SnapshotMark | undefined;
  #commit: LogIndex;
  #isStorageFull = false;
  #standing: Standing;
  #leaderHeardAt: Instant | undefined;
  #now: Instant;
  #out = new Outbox();

  /** The state machine has what `restored` and `snapshot` say: the snapshot, and nothing of the log. */
  constructor(random: Random, restored: DurableState, options: RaftOptions, now: Instant, snapshot?: SnapshotMark) {
    this.#random = random;
    this.#options = options;
    this.#snapshot = snapshot;
    this.#commit = snapshot?.index ?? 0;
    this.#log = new LogTail(restored.entries, restored.base ?? LOG_START);
    assert(this.#log.base.index <= this.#commit, "what the log no longer has is in the snapshot");
    assert(this.#commit <= this.#log.lastIndex, "the log goes on where the snapshot ends, or later");
    const initial = { index: snapshot?.membersIndex ?? 0, members: snapshot?.members ?? options.bootstrap };
    this.#membership = new Membership(initial, restored.entries);
    this.#durability = new Durability(this.#log.lastIndex);
    this.#term = restored.ballot.term;
    this.#votedFor = restored.ballot.votedFor;
    this.#now = now;
    const isAlone = this.#isVoter && this.#membership.voters.length === 1;
    const electionAt = isAlone && options.electImmediatelyWhenAlone ? now : this.#electionDeadline();
    this.#standing = { kind: "follower", electionAt };
  }

  get role(): Role {
    const standing = this.#standing;
    switch (standing.kind) {
      case "follower":
        return { kind: "follower", leader: standing.leader };
      case "candidate":
        return { kind: "candidate" };
      case "leader":
        return { kind: "leader", term: this.#term };
      default:
        return unreachable(standing);
    }
  }

  get term(): Term {
    return this.#term;
  }

  get commitIndex(): LogIndex {
    return this.#commit;
  }

  get lastIndex(): LogIndex {
    return this.#log.lastIndex;
  }

  get lastTerm(): Term {
    return this.#log.lastTerm;
  }

  /** The configuration in force. */
  get members(): readonly Member[] {
    return this.#membership.members;
  }

  /** The newest snapshot. */
  get snapshot(): SnapshotMark | undefined {
    return this.#snapshot;
  }

  /** What a snapshot of everything applied through `index` stands for. */
  markAt(index: LogIndex): SnapshotMark {
    assert(index <= this.#commit, "only what is committed goes into a snapshot");
    const { members, index: membersIndex } = this.#membership.at(index);
    return { index, term: this.#log.termAt(index)!, members, membersIndex };
  }

  /** Entries of the log, both ends included; none of them may be before what a snapshot has taken the place of. */
  entries(from: LogIndex, through: LogIndex): readonly LogEntry[] {
    return this.#log.between(from, through);
  }

  /** What a leader knows of a peer. */
  standingOf(peer: ServerID): PeerStanding | undefined {
    return this.#standing.kind === "leader" ? this.#standing.tenure.replication.standingOf(peer) : undefined;
  }

  /** When this server last heard from a leader that it followed; undefined when it never has. */
  get leaderHeardAt(): Instant | undefined {
    return this.#leaderHeardAt;
  }

  step(now: Instant, input: RaftInput): RaftEffects {
    this.#now = now;
    this.#out = new Outbox();
    this.#newRound = false;
    const before = this.role;
    this.#take(input);
    this.#serveAsLeader();
    const persist = this.#out.hasWrites ? this.#out.batch(this.#durability.begin(this.#log.lastIndex)) : undefined;
    return this.#out.effects(persist, isSameRole(before, this.role) ? undefined : this.role);
  }

  wakeAt(): Instant | undefined {
    const standing = this.#standing;
    if (standing.kind !== "leader") return this.#mayCampaign ? standing.electionAt : undefined;
    const { replication } = standing.tenure;
    const next = Math.min(
      replication.nextDueAt ?? Number.POSITIVE_INFINITY,
      this.#leaseEndsAt(replication),
      standing.handover?.until ?? Number.POSITIVE_INFINITY,
    );
    return Number.isFinite(next) ? (next as Instant) : undefined;
  }

  #take(input: RaftInput): void {
    switch (input.kind) {
      case "wake":
        this.#wake();
        break;
      case "received":
        this.#receive(input.from, input.message);
        break;
      case "propose":
        for (const proposal of input.proposals) this.#propose(proposal);
        break;
      case "persisted":
        this.#persisted(input.batch);
        break;
      case "transferLeadership":
        this.#transferLeadership(input.to);
        break;
      case "standDown":
        if (this.#standing.kind === "leader") this.#standDown();
        break;
      case "read":
        this.#read(input.read);
        break;
      case "snapshotTaken":
        this.#snapshotTaken(input.index, input.trailing);
        break;
      case "chunkRead":
        this.#sendChunk(input.wanted, input.chunk);
        break;
      case "chunkStored":
        this.#answerChunk(input.from, input.index, input.received);
        break;
      case "snapshotReceived":
        this.#install(input.from, input.snapshot);
        break;
      case "storageFull":
        this.#isStorageFull = true;
        this.#leadAnother();
        break;
      case "storageFree":
        this.#isStorageFull = false;
        break;
      default:
        unreachable(input);
    }
  }

  #wake(): void {
    const standing = this.#standing;
    if (standing.kind === "leader") {
      const isSilent = !isBefore(this.#now, this.#leaseEndsAt(standing.tenure.replication));
      if (isSilent) this.#loseQuorum();
      return;
    }
    if (!this.#mayCampaign || isBefore(this.#now, standing.electionAt)) return;
    if (standing.kind === "follower") this.#out.events.push({ kind: "heartbeatTimeout", lastLeader: standing.leader });
    else this.#out.events.push({ kind: "electionTimeout" });
    this.#campaign("trial");
  }

  #loseQuorum(): void {
    this.#out.events.push({ kind: "quorumLost" });
    this.#standDown();
  }

  #receive(from: ServerID, message: RaftMessage): void {
    if (!this.#isHeeded(from, message)) return;
    if (message.term > this.#term && !isTrial(message)) this.#adoptTerm(message.term);
    switch (message.kind) {
      case "voteRequest":
        if (message.ballot === "trial") this.#answerTrial(from, message);
        else this.#answerVote(from, message);
        break;
      case "voteReply":
        this.#countReply(from, message);
        break;
      case "append":
        this.#append(from, message);
        break;
      case "appended":
      case "appendRefused":
        this.#hearOfAppend(from, message);
        break;
      case "campaignNow":
        this.#takeOver(message);
        break;
      case "installSnapshot":
        this.#takeChunk(from, message);
        break;
      case "snapshotStored":
        this.#hearOfChunk(from, message);
        break;
      case "confirm":
        this.#confirm(from, message);
        break;
      case "confirmed":
        this.#hearConfirmed(from, message);
        break;
      default:
        unreachable(message);
    }
  }

  /** While a leader is heard, nobody is elected against it, and what strangers say does not count. */
  #isHeeded(from: ServerID, message: RaftMessage): boolean {
    if (message.term > this.#term + FURTHEST_TERM_AHEAD) return false;
    const isMember = this.#membership.isMember(from);
    const isOurLeader = this.#standing.kind === "follower" && this.#standing.leader === from;
    if (!this.#hearsLeader()) return isMember || isOurLeader || countsOfStranger(message, this.#log);
    if (message.kind === "voteRequest") return message.ballot === "handover" && isMember;
    return isOurLeader || isMember;
  }

  #hearsLeader(): boolean {
    const { kind } = this.#standing;
    if (kind === "leader") return true;
    if (kind === "candidate" || this.#standing.leader === undefined || this.#leaderHeardAt === undefined) return false;
    return isBefore(this.#now, later(this.#leaderHeardAt, this.#options.timing.electionTimeout));
  }

  // Elections (§5.2, §5.4.1)

  #campaign(ballot: Ballot): void {
    const isTrial = ballot === "trial";
    if (!isTrial) this.#castBallot(this.#term + 1, this.#options.id);
    const tally = new Tally(this.#membership.voters);
    const campaign = { ballot, tally, ownVoteIn: this.#durability.nextBatch };
    this.#enter({ kind: "candidate", campaign, electionAt: this.#electionDeadline() });
    if (!isTrial) this.#out.events.push({ kind: "votesNeeded", votes: tally.needed });

    const term = isTrial ? this.#term + 1 : this.#term;
    const request = { kind: "voteRequest", ballot, term, ...this.#logEnd() } as const;
    const outgoing = isTrial ? this.#out.send : this.#out.sendOncePersisted;
    for (const to of this.#otherVoters()) outgoing.push({ to, message: request });
    if (isTrial) this.#countVote(campaign, this.#options.id);
  }

  #countReply(from: ServerID, reply: VoteReply): void {
    if (this.#standing.kind !== "candidate" || !reply.granted) return;
    const { campaign } = this.#standing;
    const asked = campaign.ballot === "trial" ? this.#term + 1 : this.#term;
    if (reply.term === asked && reply.ballot === campaign.ballot) this.#countVote(campaign, from);
  }

  #countVote(campaign: Campaign, from: ServerID): void {
    const { ballot, tally } = campaign;
    if (!tally.grant(from)) return;
    if (ballot !== "trial") this.#out.events.push({ kind: "voteGranted", from, tally: tally.count });
    if (!tally.isWon) return;
    if (ballot === "trial") this.#campaign("real");
    else this.#lead(tally.count);
  }

  /** The leader asks us to follow it: we campaign without waiting, and without a trial, for it defends nobody. */
  #takeOver({ term }: CampaignNow): void {
    const isAble = this.#standing.kind === "follower" && this.#isVoter && !this.#isStorageFull;
    if (term === this.#term && isAble) this.#campaign("handover");
  }

  #answerTrial(from: ServerID, request: VoteRequest): void {
    const granted = request.term > this.#term && isUpToDate(request, this.#log);
    const term = granted ? request.term : this.#term;
    this.#out.reply(from, { kind: "voteReply", ballot: "trial", term, granted });
  }

  #answerVote(from: ServerID, { ballot, term, ...end }: VoteRequest): void {
    const isFree = this.#votedFor === undefined || this.#votedFor === from;
    const granted = term === this.#term && isFree && isUpToDate(end, this.#log);
    const reply = { kind: "voteReply", ballot, term: this.#term, granted } as const;
    if (!granted) {
      this.#out.reply(from, reply);
      return;
    }
    if (this.#votedFor === undefined) this.#castBallot(this.#term, from);
    this.#enter({ kind: "follower", electionAt: this.#electionDeadline() });
    this.#out.replyOncePersisted(from, reply);
  }

  #lead(tally: number): void {
    const { id, timing } = this.#options;
    this.#out.events.push({ kind: "electionWon", tally });
    const replication = new Replication(id, this.#term, this.#log, timing);
    replication.follow(this.members, this.#now);
    const tenure = { replication, reads: new PendingReads(), firstIndex: this.#log.lastIndex + 1 };
    this.#enter({ kind: "leader", tenure });
    if (this.#membership.index === 0) this.#out.events.push({ kind: "bootstrapped" });
    this.#write(replication, { kind: "members", members: this.members });
  }

  /** Back to following nobody, in the same term. */
  #standDown(): void {
    this.#enter({ kind: "follower", electionAt: this.#electionDeadline() });
  }

  #adoptTerm(term: Term): void {
    this.#castBallot(term, undefined);
    const standing = this.#standing;
    const electionAt = standing.kind === "leader" ? this.#electionDeadline() : standing.electionAt;
    this.#enter({ kind: "follower", electionAt });
  }

  #castBallot(term: Term, votedFor: ServerID | undefined): void {
    this.#term = term;
    this.#votedFor = votedFor;
    this.#out.ballot = { term, votedFor };
  }

  #enter(standing: Standing): void {
    const changed = standing.kind !== this.#standing.kind;
    this.#standing = standing;
    if (changed) this.#out.events.push({ kind: "entered", role: this.role });
  }

  // The follower's side of replication (§5.3)

  #append(from: ServerID, append: Append): void {
    const isOfThisTerm = append.term === this.#term;
    if (isOfThisTerm) this.#follow(from);
    if (isOfThisTerm && this.#log.agreesAt(append.previousIndex, append.previousTerm)) this.#accept(from, append);
    else this.#refuse(from, append);
  }

  /** Acknowledges what is on disk: new entries once they are, anything else at once, so that a slow disk delays no heartbeat. */
  #accept(from: ServerID, { previousIndex, entries, commit }: Append): void {
    const through = previousIndex + entries.length;
    const firstNew = entries.findIndex((entry) => !this.#log.agreesAt(entry.index, entry.term));
    const term = this.#term;
    if (firstNew >= 0) {
      this.#replaceFrom(entries.slice(firstNew));
      this.#out.replyOncePersisted(from, { kind: "appended", term, matched: through });
    } else {
      const matched = Math.min(through, this.#durability.through);
      this.#out.reply(from, { kind: "appended", term, matched });
    }
    this.#commitThrough(Math.min(commit, through));
  }

  #follow(leader: ServerID): void {
    assert(this.#standing.kind !== "leader", "a term has one leader");
    this.#leaderHeardAt = this.#now;
    this.#enter({ kind: "follower", leader, electionAt: this.#electionDeadline() });
  }

  #refuse(from: ServerID, { previousIndex, previousTerm }: Append): void {
    const hint = this.#log.lastAtMost(previousIndex, previousTerm);
    const message = { kind: "appendRefused", term: this.#term, previousIndex } as const;
    this.#out.reply(from, { ...message, hintIndex: hint.index, hintTerm: hint.term });
  }

  /** Makes the log end with `entries`, which differ from what it holds at their place, if anything. */
  #replaceFrom(entries: readonly LogEntry[]): void {
    const from = entries[0]!.index;
    if (from <= this.#log.lastIndex) {
      assert(from > this.#commit, "what is committed is never removed");
      this.#log.truncateFrom(from);
      this.#membership.truncated(from);
      this.#durability.truncated(from);
      this.#out.truncateFrom = from;
    }
    this.#keep(entries);
  }

  #keep(entries: readonly LogEntry[]): void {
    this.#log.append(entries);
    this.#out.entries.push(...entries);
    for (const entry of entries) {
      if (entry.kind !== "members") continue;
      this.#membership.appended(entry);
      this.#out.events.push({ kind: "membersChanged", members: entry.members });
    }
  }

  // The leader's side (§5.3, §5.4.2)

  #propose({ proposal, content }: Proposal): void {
    const objection = this.#objectionTo(content);
    if (objection !== undefined) this.#out.rejected.push({ proposal, ...objection });
    if (objection !== undefined || this.#standing.kind !== "leader") return;
    this.#write(this.#standing.tenure.replication, content);
    this.#out.accepted.push({ proposal, index: this.#log.lastIndex });
  }

  #objectionTo(content: EntryContent): Omit<Rejection, "proposal"> | undefined {
    if (this.#standing.kind === "follower") return { reason: "notLeader", leader: this.#standing.leader };
    if (this.#standing.kind === "candidate") return { reason: "notLeader" };
    if (this.#isStorageFull) return { reason: "storageFull" };
    if (this.#standing.handover !== undefined) return { reason: "notLeader" };
    // What an earlier term began may have been cut from a log that has a snapshot in its place.
    const isOver = content.kind === "restoreEnd" && this.#log.termAt(content.first) !== this.#term;
    if (isOver) return { reason: "notLeader" };
    if (content.kind !== "members") return undefined;
    if (this.#membership.index > this.#commit) return { reason: "changePending" };
    if (!isSingleServerChange(this.members, content.members)) return { reason: "notOneServer" };
    return this.#leavesEnough(content.members, this.#standing.tenure) ? undefined : { reason: "tooFewAnswer" };
  }

  /**
   * A configuration counts from the moment it is in our log. Were a voter taken out while those who remain do not hear us,
   * nobody could commit that, nor win an election against our log: the lost voter would be missed.
   */
  #leavesEnough(after: readonly Member[], { replication, firstIndex }: Tenure): boolean {
    const voters = after.filter((member) => member.voter).map((member) => member.id);
    const losesOne = this.#membership.voters.some((id) => !voters.includes(id));
    const since = earlier(this.#now, this.#options.timing.leaseTimeout);
    return !losesOne || replication.isFollowedByMajority(voters, firstIndex, since);
  }

  #write(replication: Replication, content: EntryContent): void {
    this.#keep([{ ...content, index: this.#log.lastIndex + 1, term: this.#term }]);
    if (content.kind === "members") replication.follow(content.members, this.#now);
  }

  #hearOfAppend(from: ServerID, message: AppendReply): void {
    if (this.#standing.kind !== "leader" || message.term !== this.#term) return;
    const { replication } = this.#standing.tenure;
    if (message.kind === "appended") replication.accepted(from, message.matched, this.#now);
    else replication.refused(from, message, this.#now);
    this.#advanceCommit(replication);
  }

  #persisted(batch: number): void {
    this.#durability.confirm(batch);
    const standing = this.#standing;
    if (standing.kind === "leader") this.#advanceCommit(standing.tenure.replication);
    if (standing.kind === "candidate") this.#countOwnVote(standing.campaign);
  }

  /** One's own vote counts, like any other, once it is on disk. */
  #countOwnVote(campaign: Campaign): void {
    if (campaign.ballot === "trial" || !this.#durability.isConfirmed(campaign.ownVoteIn)) return;
    this.#countVote(campaign, this.#options.id);
  }

  /** Commits what a majority holds, if it ends with an entry of this term: an older one may yet be replaced (figure 8). */
  #advanceCommit(replication: Replication): void {
    const reached = replication.durableOnMajority(this.#membership.voters, this.#durability.through);
    if (reached > this.#commit && this.#log.termAt(reached) === this.#term) this.#commitThrough(reached);
    const isRemoved = !this.#isVoter && this.#membership.index <= this.#commit;
    if (isRemoved) this.#standDown();
  }

  #commitThrough(index: LogIndex): void {
    if (index <= this.#commit) return;
    this.#out.apply.push(...this.#log.between(this.#commit + 1, index));
    this.#commit = index;
  }

  #transferLeadership(to: ServerID): void {
    if (this.#standing.kind !== "leader") return;
    assert(this.#otherVoters().includes(to), "leadership goes to another voter");
    const until = later(this.#now, this.#options.timing.electionTimeout);
    this.#standing = { ...this.#standing, handover: { to, until, told: false } };
  }

  /**
   * Hands over to the voter that has most of the log. A server that has nobody to hand over to, or whose successor
   * does not take over, leads on without writing, so that what is there can be read.
   */
  #leadAnother(): void {
    if (this.#standing.kind !== "leader" || this.#standing.handover !== undefined) return;
    const { replication } = this.#standing.tenure;
    const matchedBy = (id: ServerID) => replication.standingOf(id)?.matched ?? 0;
    const [successor] = this.#otherVoters().toSorted((a, b) => matchedBy(b) - matchedBy(a));
    if (successor !== undefined) this.#transferLeadership(successor);
  }

  /** At the end of every step: whatever changed, the peers are sent what they lack. */
  #serveAsLeader(): void {
    if (this.#standing.kind !== "leader") return;
    const { replication, reads } = this.#standing.tenure;
    const handover = this.#continueHandover(replication, this.#standing.handover);
    if (handover !== this.#standing.handover) this.#standing = { ...this.#standing, handover };
    this.#out.chunksWanted.push(...replication.chunksDue(this.#now, this.#snapshot));
    const due = replication.due(this.#now, this.#commit);
    this.#out.send.push(...due);
    this.#out.reads.push(...reads.takeProven(this.#membership.voters, this.#options.id));
    if (!reads.isEmpty) this.#askToConfirm(reads, due);
  }

  #continueHandover(replication: Replication, handover: Handover | undefined): Handover | undefined {
    if (handover === undefined || !isBefore(this.#now, handover.until)) return undefined;
    if (handover.told || !replication.isComplete(handover.to)) return handover;
    this.#out.reply(handover.to, { kind: "campaignNow", term: this.#term });
    return { ...handover, told: true };
  }

  #leaseEndsAt(replication: Replication): Instant {
    return later(replication.heardFromMajorityAt(this.#membership.voters), this.#options.timing.leaseTimeout);
  }

  // Reads (thesis, §6.4)

  #read(read: number): void {
    if (this.#standing.kind !== "leader") return;
    const { reads, firstIndex } = this.#standing.tenure;
    reads.ask(read, Math.max(this.#commit, firstIndex));
    this.#newRound = true;
  }

  /** A new round goes to all; one that was lost is repeated with the heartbeats. */
  #askToConfirm({ round }: PendingReads, due: readonly Envelope[]): void {
    const message = { kind: "confirm", term: this.#term, round } as const;
    const repeated = this.#otherVoters().filter((id) => this.#newRound || due.some(({ to }) => to === id));
    for (const to of repeated) this.#out.reply(to, message);
  }

  /** A question of an earlier term gets our term for an answer, and no round: its rounds are not those of this one. */
  #confirm(from: ServerID, { term, round }: Confirm): void {
    if (term === this.#term) this.#follow(from);
    this.#out.reply(from, { kind: "confirmed", term: this.#term, round: term === this.#term ? round : 0 });
  }

  #hearConfirmed(from: ServerID, { term, round }: Confirmed): void {
    if (this.#standing.kind !== "leader" || term !== this.#term) return;
    this.#standing.tenure.reads.confirmed(from, round);
    this.#standing.tenure.replication.heardFrom(from, this.#now);
  }

  // Snapshots (§7)

  #snapshotTaken(index: LogIndex, trailing: Trailing): void {
    if (index <= (this.#snapshot?.index ?? 0)) return;
    this.#snapshot = this.markAt(index);
    const cut = this.#log.cutBefore(index, trailing);
    if (cut.index === this.#log.base.index) return;
    this.#log.compactThrough(cut);
    this.#out.base = cut;
  }

  #sendChunk(wanted: ChunkWanted, chunk: SnapshotChunk | undefined): void {
    if (this.#standing.kind !== "leader") return;
    const { replication } = this.#standing.tenure;
    const snapshot = replication.transferring(wanted);
    if (snapshot === undefined) return;
    if (chunk === undefined) replication.restartTransfer(wanted.to, this.#snapshot!, this.#now);
    else this.#out.reply(wanted.to, { kind: "installSnapshot", term: this.#term, snapshot, chunk });
  }

  #takeChunk(from: ServerID, { term, snapshot, chunk }: InstallSnapshot): void {
    if (term !== this.#term) {
      this.#answerChunk(from, snapshot.index, 0);
      return;
    }
    this.#follow(from);
    if (snapshot.index > this.#commit) this.#out.chunkToStore = { from, snapshot, chunk };
    else this.#answerInstalled(from, snapshot);
  }

  #answerChunk(from: ServerID, index: LogIndex, received: number): void {
    this.#out.reply(from, { kind: "snapshotStored", term: this.#term, index, received });
  }

  #hearOfChunk(from: ServerID, { term, index, received }: SnapshotStored): void {
    if (this.#standing.kind !== "leader" || term !== this.#term) return;
    this.#standing.tenure.replication.snapshotStored(from, index, received, this.#now);
  }

  /** A log that has the snapshot's last entry has all before it too, so nothing need be thrown away. */
  #install(from: ServerID, snapshot: SnapshotMark): void {
    if (snapshot.index > this.#commit) {
      if (this.#log.termAt(snapshot.index) === snapshot.term) this.#commitThrough(snapshot.index);
      else this.#replaceBy(snapshot);
    }
    this.#answerInstalled(from, snapshot);
  }

  #replaceBy(snapshot: SnapshotMark): void {
    const { index, term, members, membersIndex } = snapshot;
    const first = this.#log.base.index + 1;
    if (first <= this.#log.lastIndex) {
      this.#durability.truncated(first);
      this.#out.truncateFrom = first;
    }
    this.#log.restart({ index, term });
    this.#out.base = { index, term };
    this.#membership.restarted({ index: membersIndex, members });
    this.#snapshot = snapshot;
    this.#commit = index;
    this.#out.restore = snapshot;
    this.#out.events.push({ kind: "membersChanged", members });
  }

  #answerInstalled(from: ServerID, { index }: SnapshotMark): void {
    const term = this.#term;
    if (this.#out.base !== undefined) this.#out.replyOncePersisted(from, { kind: "appended", term, matched: index });
    else this.#out.reply(from, { kind: "appended", term, matched: Math.min(index, this.#durability.through) });
  }

  get #isVoter(): boolean {
    return this.#membership.isVoter(this.#options.id);
  }

  /**
   * A voter may, and so may one whose removal is not committed: it may be the only server with the entry that removes
   * it, and then only it can be elected, to commit that (thesis, §4.2.2).
   */
  get #mayCampaign(): boolean {
    return !this.#isStorageFull && this.#membership.isVoterSince(this.#commit, this.#options.id);
  }

  #otherVoters(): readonly ServerID[] {
    return this.#membership.voters.filter((id) => id !== this.#options.id);
  }

  #logEnd(): { lastIndex: LogIndex; lastTerm: Term } {
    return { lastIndex: this.#log.lastIndex, lastTerm: this.#log.lastTerm };
  }

  /** Chance keeps candidates from splitting the vote again and again (§5.2). */
  #electionDeadline(): Instant {
    return later(this.#now, times(this.#options.timing.electionTimeout, 1 + this.#random.fraction()));
  }
}

/** A trial's term is one that nobody has entered yet. */
function isTrial(message: RaftMessage): boolean {
  if (message.kind === "voteRequest") return message.ballot === "trial";
  return message.kind === "voteReply" && message.ballot === "trial" && message.granted;
}

function isSameRole(a: Role, b: Role): boolean {
  if (a.kind === "follower" && b.kind === "follower") return a.leader === b.leader;
  if (a.kind === "leader" && b.kind === "leader") return a.term === b.term;
  return a.kind === b.kind;
}
