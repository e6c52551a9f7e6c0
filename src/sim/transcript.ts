import { between, inSeconds } from "../base/index.ts";
import type { LogFields, LogRecord } from "../runtime/index.ts";
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

  /** Something that an agent wrote to its log. */
  said(agent: string, { level, subsystem, phrase, fields }: LogRecord): void {
    this.note(agent, `[${level}] ${subsystem}: ${phrase}${fieldsText(fields)}`);
  }
}

function fieldsText(fields: LogFields): string {
  return Object.entries(fields)
    .map(([name, value]) => ` ${name}=${value instanceof Error ? value.message : JSON.stringify(value)}`)
    .join("");
}
