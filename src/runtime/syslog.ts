import { between, type Duration, minutes, seconds, shorter, times, WakeUp } from "../base/index.ts";
import type { Clock } from "./clock.ts";
import { endsWithin } from "./ends-within.ts";
import type { Log, LogLevel } from "./log.ts";
import { pause } from "./pause.ts";
import type { Processes } from "./processes.ts";

/** The kinds of programs that syslog tells apart, by their numbers. */
const facilities =
  "KERN USER MAIL DAEMON AUTH SYSLOG LPR NEWS UUCP CRON AUTHPRIV FTP - - - - LOCAL0 LOCAL1 LOCAL2 LOCAL3 LOCAL4 LOCAL5 LOCAL6 LOCAL7".split(
    " ",
  );

/** How urgent syslog takes a record of ours for: debug, info, notice, warning, error. Source: Nomad 0.4.1. */
const severities: Readonly<Record<LogLevel, number>> = { TRACE: 7, DEBUG: 6, INFO: 5, WARN: 4, ERR: 3 };

/** Records that wait; of more the oldest are left out. */
const mostWaiting = 1000;
const [shortestBackOff, longestBackOff] = [seconds(1), minutes(1)];
/** Who has written for so long has not failed at its start. */
const longRun = minutes(1);
/** For what is still to be written at the end. */
const endPatience = seconds(1);

/** The number of a facility by its name, in any case; undefined if there is none of that name. */
export function facilityNumber(name: string): number | undefined {
  const number = name === "-" ? -1 : facilities.indexOf(name.toUpperCase());
  return number < 0 ? undefined : number;
}

/**
 * Writes records to the machine's syslog, by its `logger`, which reads them line by line for as long as the agent lives. One
 * that ends is started again, and what comes meanwhile waits.
 */
export class Syslog {
  readonly #world: { readonly processes: Processes; readonly clock: Clock; readonly log: Log };
  readonly #facility: number;
  readonly #socket: string | undefined;
  readonly #arrived = new WakeUp();
  #waiting: string[] = [];

  /** `socket` is where syslog listens, where that is not the machine's own place. */
  constructor(
    world: { readonly processes: Processes; readonly clock: Clock; readonly log: Log },
    { facility, socket }: { readonly facility: number; readonly socket?: string },
  ) {
    this.#world = world;
    this.#facility = facility;
    this.#socket = socket;
  }

  write(level: LogLevel, text: string): void {
    this.#waiting.push(`<${this.#facility * 8 + severities[level]}>${text.replace(/\s*\n\s*/g, " ")}\n`);
    if (this.#waiting.length > mostWaiting) this.#waiting.shift();
    this.#arrived.notify();
  }

  /** Writes until `signal` fires, and then what is still there. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#world;
    let backOff: Duration = shortestBackOff;
    while (!signal.aborted) {
      const began = clock.now();
      const reason = await this.#log(signal);
      if (signal.aborted) return;
      if (between(began, clock.now()) > longRun) backOff = shortestBackOff;
      log.warn("syslog cannot be written to, trying on", { reason });
      await pause(clock, backOff, signal);
      backOff = shorter(longestBackOff, times(backOff, 2));
    }
  }

  /** Resolves when the logger has ended, with why. */
  async #log(signal: AbortSignal): Promise<string> {
    const { processes, clock } = this.#world;
    const [over, killed] = [new AbortController(), new AbortController()];
    const options = ["--prio-prefix", "--rfc3164", "--tag", "nomad", "--size", "8192", "--socket-errors=on"];
    const program = {
      command: "logger",
      args: this.#socket === undefined ? options : [...options, "--socket", this.#socket],
      env: { PATH: processes.environment.PATH ?? "/usr/bin:/bin" },
      workingDirectory: "/",
    };
    const input = this.#lines(AbortSignal.any([signal, over.signal]));
    const { output, ended } = processes.pipe(program, { signal: killed.signal, input });
    const kill = async () => {
      const isOver = await endsWithin(clock, ended, endPatience).catch(() => true);
      if (!isOver) killed.abort(new Error("The agent ends"));
    };
    const end = () => void kill();
    signal.addEventListener("abort", end, { once: true });
    try {
      for await (const _ of output);
      const { exitCode, stderr } = await ended;
      return stderr.trim() || `logger ended with exit code ${exitCode}`;
    } catch (error) {
      return missing(error) ? "there is no program logger; it is in Debian's package bsdutils" : String(error);
    } finally {
      signal.removeEventListener("abort", end);
      over.abort();
    }
  }

  async *#lines(until: AbortSignal): AsyncGenerator<Uint8Array> {
    for (;;) {
      if (this.#waiting.length > 0) {
        const lines = this.#waiting.join("");
        this.#waiting = [];
        yield Buffer.from(lines);
      } else if (until.aborted) return;
      else await this.#arrived.wait(until);
    }
  }
}

function missing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
