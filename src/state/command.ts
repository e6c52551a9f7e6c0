import type { Transaction } from "./view.ts";

/** What a command came to. A refusal is an expected outcome, and then nothing was changed. */
export type CommandResult = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** It was done. */
export const done: CommandResult = { ok: true };

/** It was not done; `reason` is what the asker is told. */
export function refused(reason: string): CommandResult {
  return { ok: false, reason };
}

/** What an entry of the log says beside its request. */
export interface CommandContext {
  /** When the proposer wrote the entry, in nanoseconds since the epoch: the only time there is in the state. */
  readonly at: number;
}

/** A kind of log entry: what is asked, and what it does to the state. */
export interface Command<Request> {
  /** Names the command in the log, for ever. */
  readonly number: number;
  readonly name: string;
  /** The request as it is logged: without what `apply` finds in the state anyway. Absent: as it is. */
  readonly compact?: (request: Request) => Request;
  /**
   * Whoever proposes it applies the request that it has made, and does not read it from the log again: where that is much, and
   * much of it is shared with other requests.
   */
  readonly isKept?: true;
  /**
   * Makes the change. The same transaction, request and context give the same change on every server.
   * Rows and requests are shared: build new values, never change one.
   */
  readonly apply: (write: Transaction, request: Request, context: CommandContext) => CommandResult;
}

/** A command whose request is not known by type: as the log names it. */
export type LoggedCommand = Omit<Command<never>, "compact" | "isKept">;

/** Declares a command: one file each, listed in `commands.ts`. */
export function command<Request>(declared: Command<Request>): Command<Request> {
  return declared;
}
