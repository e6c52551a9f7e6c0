/** This server does not lead, and the proposal was not logged. Ask `leader`, if one is known, or try again soon. */
export class NotLeader extends Error {
  override readonly name = "NotLeader";
  /** `host:port` of the leader; undefined while there is none. */
  readonly leader: string | undefined;

  constructor(leader: string | undefined) {
    super(
      leader === undefined
        ? "Cannot write to the log: no leader is known"
        : `Cannot write to the log: the leader is ${leader}`,
    );
    this.leader = leader;
  }
}

/** The server stopped leading after it had logged the proposal: it may yet be committed, or never. */
export class LeadershipLost extends Error {
  override readonly name = "LeadershipLost";

  constructor() {
    super("Leadership was lost while the entry was being committed: it may or may not take effect");
  }
}

/** No entry may be this large. Nothing was logged. */
export class CommandTooLarge extends Error {
  override readonly name = "CommandTooLarge";

  constructor(bytes: number, limit: number) {
    super(`Cannot write to the log: an entry has ${bytes} bytes, and at most ${limit} are possible`);
  }
}

/** Too many proposals wait to be committed. Nothing was logged. */
export class RaftOverloaded extends Error {
  override readonly name = "RaftOverloaded";

  constructor(limit: number) {
    super(`Cannot write to the log: ${limit} entries already wait to be committed; try again later`);
  }
}

/**
 * The disk has no room for the log. Entries that were logged before are written as soon as there is, and then take effect;
 * new ones are not logged until then. Reads go on meanwhile.
 */
export class LogStoreFull extends Error {
  override readonly name = "LogStoreFull";

  /** `what` cannot be written, and `found` is what the disk says. */
  constructor(what: string, found: string) {
    super(`Cannot write ${what}: ${found}; writes go on when there is room`);
  }
}

/** The log's disk failed. Nothing is known of what it was asked to write last, so the server stops. */
export class LogStoreBroken extends Error {
  override readonly name = "LogStoreBroken";

  constructor(path: string, found: string, options: { readonly cause?: unknown } = {}) {
    super(`Cannot rely on "${path}": ${found}; check the disk, then start the server again`, options);
  }
}

/** What is on disk is not what was written. Nothing was changed, and the server does not start. */
export class LogStoreDamaged extends Error {
  override readonly name = "LogStoreDamaged";

  /** `directory` is what is to be set aside for the server to begin anew; `found` names the file and what is amiss. */
  constructor(directory: string, found: string, options: { readonly cause?: unknown } = {}) {
    super(
      `Cannot start with what is on disk: ${found}. Nothing was changed. If most of the other servers are well, move ` +
        `"${directory}" elsewhere and start again: this server then gets everything from them; else restore a backup of it`,
      options,
    );
  }
}

/** Raft was closed, or has stopped because of `cause`. What it had logged may yet be committed by others. */
export class RaftStopped extends Error {
  override readonly name = "RaftStopped";

  constructor(reason: string, options: { readonly cause?: unknown } = {}) {
    super(reason, options);
  }
}

/** One state is restored at a time. Nothing was logged. */
export class RestoreUnderWay extends Error {
  override readonly name = "RestoreUnderWay";

  constructor() {
    super("Another snapshot is being restored: wait until that is done");
  }
}

/** The configuration was not changed: not now, or not at once. */
export class MembersNotChanged extends Error {
  override readonly name = "MembersNotChanged";

  constructor(reason: keyof typeof whyMembersStay) {
    super(`Cannot change the servers: ${whyMembersStay[reason]}`);
  }
}

const whyMembersStay = {
  changePending: "an earlier change is not yet committed",
  notOneServer: "only one voter may come or go at a time, and one must stay",
  tooSlow: "the newcomer does not keep up with the log",
  tooFewAnswer: "too few of those that would remain answer, so that nothing could be decided any more",
} as const;
