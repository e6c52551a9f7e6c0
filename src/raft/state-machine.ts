import type { LogIndex, Term } from "./core/log-entry.ts";

/** A committed command. */
export interface Command {
  readonly index: LogIndex;
  readonly term: Term;
  readonly data: Uint8Array;
}

/** What the log is for: the same commands in the same order make the same state on every server. */
export interface StateMachine {
  /**
   * Applies one committed command; what it returns is given to the proposer. A throw is the end: the server must not
   * go on with a state that its peers may not share.
   */
  apply(command: Command): unknown;
  /**
   * Puts in place of the state what `parts` say, in one go: until it resolves, the state is the one of before. They are
   * what was given to `RaftHost.restore`, which the entry at `index` ends. Nothing is applied meanwhile. A rejection is
   * the end, as a throw of `apply` is.
   */
  replace(parts: AsyncIterable<Uint8Array>, index: LogIndex): Promise<void>;
}
