import { between, inSeconds } from "../base/index.ts";
import type { Log, LogFields } from "../runtime/index.ts";
import { beginning, type VirtualTime } from "./virtual-time.ts";

/** Everything that was said in a world, in order, each line with its virtual time. The same seed gives the same. */
export class Transcript {
  readonly #time: VirtualTime;
  readonly #lines: string[] = [];

  constructor(time: VirtualTime) {
    this.#time = time;
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  note(who: string, text: string): void {
    const elapsed = inSeconds(between(beginning, this.#time.now())).toFixed(6);
    this.#lines.push(`${elapsed} ${who} ${text}`);
  }

  /** The log of one agent. */
  logOf(agent: string, subsystem = "agent"): Log {
    const at = (level: string) => (phrase: string, fields?: LogFields) =>
      this.note(agent, `[${level}] ${subsystem}: ${phrase}${fieldsText(fields)}`);
    return {
      trace: at("TRACE"),
      debug: at("DEBUG"),
      info: at("INFO"),
      warn: at("WARN"),
      error: at("ERR"),
      named: (other) => this.logOf(agent, other),
    };
  }
}

function fieldsText(fields: LogFields = {}): string {
  return Object.entries(fields)
    .map(([name, value]) => ` ${name}=${value instanceof Error ? value.message : JSON.stringify(value)}`)
    .join("");
}
