import { type Instant, isPrintable, printable } from "../../base/index.ts";
import type { Clock } from "../clock.ts";
import { type Log, type LogFields, type LogLevel, type LogRecord, logInto } from "../log.ts";

const urgency: Readonly<Record<LogLevel, number>> = { TRACE: 0, DEBUG: 1, INFO: 2, WARN: 3, ERR: 4 };

/** Subsystems whose lines show whole seconds only, as those of Nomad 0.4.1 do. */
const withoutMicroseconds: ReadonlySet<string> = new Set(["raft", "serf", "memberlist"]);

/** Records held back before `release`; of more the oldest are dropped. */
const heldLimit = 10_000;

/**
 * The agent's log as Nomad 0.4.1 prints it, a line a record:
 * `    2016/08/23 21:26:03.853216 [INFO] client: node registered node_id=171a583b`.
 *
 * What is logged before `release` is held back and then written in order, so that the lines follow the agent's banner.
 */
export class TextLog implements Log {
  readonly #clock: Clock;
  readonly #write: (text: string) => void;
  readonly #agent = logInto((record) => this.#record(record));
  #level: LogLevel;
  #held: string[] | undefined = [];
  #copy: (level: LogLevel, text: string) => void = () => {};

  /** `write` takes one record with its line end. */
  constructor(clock: Clock, write: (text: string) => void, options: { readonly level: LogLevel }) {
    this.#clock = clock;
    this.#write = write;
    this.#level = options.level;
  }

  /** From now on records below `level` are dropped. */
  setLevel(level: LogLevel): void {
    this.#level = level;
  }

  /** From now on `copy` is handed every record too, without the time, as soon as it comes. */
  copyTo(copy: (level: LogLevel, text: string) => void): void {
    this.#copy = copy;
  }

  /** Writes what was held back; later records are written at once. */
  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const record of held) this.#write(record);
  }

  trace(phrase: string, fields?: LogFields): void {
    this.#agent.trace(phrase, fields);
  }

  debug(phrase: string, fields?: LogFields): void {
    this.#agent.debug(phrase, fields);
  }

  info(phrase: string, fields?: LogFields): void {
    this.#agent.info(phrase, fields);
  }

  warn(phrase: string, fields?: LogFields): void {
    this.#agent.warn(phrase, fields);
  }

  error(phrase: string, fields?: LogFields): void {
    this.#agent.error(phrase, fields);
  }

  named(subsystem: string): Log {
    return this.#agent.named(subsystem);
  }

  #record({ level, subsystem, phrase, fields }: LogRecord): void {
    if (urgency[level] < urgency[this.#level]) return;
    const time = timestamp(this.#clock.wallTime(), { microseconds: !withoutMicroseconds.has(subsystem) });
    // A phrase is ours and may go on over several lines; a field never does.
    const text = `${printable(phrase, "\n\t")}${fieldsText(fields)}`;
    this.#copy(level, `${subsystem}: ${text}`);
    const record = `    ${time} [${level}] ${subsystem}: ${text}\n`;
    if (this.#held === undefined) this.#write(record);
    else hold(this.#held, record);
  }
}

function hold(held: string[], record: string): void {
  held.push(record);
  if (held.length > heldLimit) held.shift();
}

function fieldsText(fields: LogFields): string {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${printable(name)}=${printableValue(value)}`)
    .join("");
}

/** A value of a log field: as it is if that is one plain word, else quoted. */
function printableValue(value: unknown): string {
  if (value instanceof Error) return printableValue(value.message);
  if (typeof value !== "string") return printable(JSON.stringify(value, exactly) ?? String(value));
  const isPlainWord = value !== "" && !/[\s"=\\]/.test(value) && isPrintable(value);
  return isPlainWord ? value : printable(JSON.stringify(value));
}

function exactly(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}

/** `2016/08/23 21:26:03.853216` in the machine's time zone. */
function timestamp(when: Instant, options: { readonly microseconds: boolean }): string {
  const date = new Date(when / 1e6);
  const two = (n: number) => String(n).padStart(2, "0");
  const day = `${date.getFullYear()}/${two(date.getMonth() + 1)}/${two(date.getDate())}`;
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  const fraction = String(Math.floor(when / 1e3) % 1e6).padStart(6, "0");
  return options.microseconds ? `${day} ${time}.${fraction}` : `${day} ${time}`;
}
