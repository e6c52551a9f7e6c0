/** From the least to the most urgent, as the agent's `log_level` names them. */
export type LogLevel = "TRACE" | "DEBUG" | "INFO" | "WARN" | "ERR";

/** Values that say what a record is about; never secrets, never job payloads. */
export type LogFields = Readonly<Record<string, unknown>>;

/**
 * Where a room says what happened. The phrase is constant, the particulars are fields:
 * `log.info("plan applied", { evaluationID, placed: 12 })`.
 */
export interface Log {
  trace(phrase: string, fields?: LogFields): void;
  debug(phrase: string, fields?: LogFields): void;
  info(phrase: string, fields?: LogFields): void;
  warn(phrase: string, fields?: LogFields): void;
  error(phrase: string, fields?: LogFields): void;
  /** A log whose records are marked as coming from `subsystem`, for instance `raft` or `client`. */
  named(subsystem: string): Log;
}

/** What one call of a log says. */
export interface LogRecord {
  readonly level: LogLevel;
  readonly subsystem: string;
  readonly phrase: string;
  readonly fields: LogFields;
}

/** A log that hands each record to `take`, marked as coming from `subsystem` until it is named otherwise. */
export function logInto(take: (record: LogRecord) => void, subsystem = "agent"): Log {
  const at =
    (level: LogLevel) =>
    (phrase: string, fields: LogFields = {}) =>
      take({ level, subsystem, phrase, fields });
  return {
    trace: at("TRACE"),
    debug: at("DEBUG"),
    info: at("INFO"),
    warn: at("WARN"),
    error: at("ERR"),
    named: (other) => logInto(take, other),
  };
}
