import type { DatabaseFailureReason } from "../database.ts";

/** Why a database cannot be used, found out by ourselves and not by SQLite or the system. */
export class SqliteFailure extends Error {
  readonly reason: DatabaseFailureReason;

  constructor(reason: DatabaseFailureReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** SQLite's codes, or the system's, as what can be done about them. Source: "Result and Error Codes", sqlite.org. */
export function reasonOf(error: unknown): DatabaseFailureReason {
  if (error instanceof SqliteFailure) return error.reason;
  const { code, errcode } = error as { code?: string; errcode?: number };
  if (code === "ENOSPC" || code === "EDQUOT") return "full";
  if (code === "ERR_OUT_OF_RANGE") return "damaged";
  switch ((errcode ?? 0) & 0xff) {
    case 13:
      return "full";
    case 5:
    case 6:
      return "locked";
    case 1:
    case 11:
    case 26:
      return "damaged";
    default:
      return "broken";
  }
}
