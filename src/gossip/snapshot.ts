import type { LamportTime } from "./wire/serf-messages.ts";

/** What a member remembers of the pool over a restart, as lines of text; the last about a thing holds. */
export interface Remembered {
  /** Who was alive, and where, as `ip:port`. */
  readonly alive: ReadonlyMap<string, string>;
  readonly clocks: { readonly member: LamportTime; readonly event: LamportTime; readonly query: LamportTime };
}

const CLOCKS = { clock: "member", "event-clock": "event", "query-clock": "query" } as const;

/**
 * Reads a snapshot in Serf's format. Lines that say nothing we know, or are cut off, are passed over. A goodbye
 * empties what stands before it, unless those who left are to come back.
 */
export function parseSnapshot(text: string, options: { readonly rejoinAfterLeave: boolean }): Remembered {
  const alive = new Map<string, string>();
  const clocks = { member: 0, event: 0, query: 0 };
  // What follows the last line end is a line that was not written to its end.
  for (const line of text.split("\n").slice(0, -1)) {
    const [, key = "", value = ""] = /^([a-z-]+)(?:: (.*))?$/.exec(line) ?? [];
    const clock = CLOCKS[key as keyof typeof CLOCKS];
    if (clock !== undefined && /^\d{1,15}$/.test(value)) clocks[clock] = Number(value);
    else if (key === "alive") rememberAlive(alive, value);
    else if (key === "not-alive") alive.delete(value);
    else if (key === "leave" && !options.rejoinAfterLeave) {
      alive.clear();
      Object.assign(clocks, { member: 0, event: 0, query: 0 });
    }
  }
  return { alive, clocks };
}

/** The whole, in as few lines as can be. */
export function formatSnapshot({ alive, clocks }: Remembered): string {
  const members = [...alive].map(([name, address]) => aliveLine(name, address));
  return [...members, clockLines(clocks)].join("");
}

export function aliveLine(name: string, address: string): string {
  return isWritable(name) ? `alive: ${name} ${address}\n` : "";
}

export function goneLine(name: string): string {
  return isWritable(name) ? `not-alive: ${name}\n` : "";
}

export function clockLines({ member, event, query }: Remembered["clocks"]): string {
  return `clock: ${member}\nevent-clock: ${event}\nquery-clock: ${query}\n`;
}

export const LEAVE_LINE = "leave\n";

/** A name is a peer's word: it must not write lines of its own. */
function isWritable(name: string): boolean {
  return !/[\p{Cc}\u2028\u2029]/u.test(name);
}

function rememberAlive(alive: Map<string, string>, value: string): void {
  const space = value.lastIndexOf(" ");
  if (space > 0) alive.set(value.slice(0, space), value.slice(space + 1));
}
