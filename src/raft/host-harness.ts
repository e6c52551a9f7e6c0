import { type Duration, type Instant, instantOf, later, SeededRandom, seconds } from "../base/index.ts";
import type { Clock, Log, Metrics } from "../runtime/index.ts";
import type { DurableBatch } from "./core/effects.ts";
import type { Member, ServerID } from "./core/membership.ts";
import type { RaftMessage } from "./core/messages.ts";
import type { RaftStopped } from "./errors.ts";
import { MemoryLogStore } from "./memory-log-store.ts";
import { RaftHost, type RaftHostOptions, type RaftParts } from "./raft-host.ts";
import type { Command } from "./state-machine.ts";
import { noPeers, type Transport } from "./transport.ts";

/** For tests: a clock that stands until it is advanced. */
export class StandingClock implements Clock {
  #now = instantOf(0);
  readonly #alarms: { readonly when: Instant; readonly wake: () => void }[] = [];

  now(): Instant {
    return this.#now;
  }

  at(when: Instant, wake: () => void): () => void {
    const alarm = { when, wake };
    this.#alarms.push(alarm);
    return () => {
      const place = this.#alarms.indexOf(alarm);
      if (place >= 0) this.#alarms.splice(place, 1);
    };
  }

  sleep(time: Duration): Promise<void> {
    return new Promise((resolve) => this.at(later(this.#now, time), resolve));
  }

  /** How many wakes are asked for. */
  get pending(): number {
    return this.#alarms.length;
  }

  /** Lets `time` pass, one alarm after the other, and everything that follows from each. */
  async advance(time: Duration): Promise<void> {
    const end = later(this.#now, time);
    await settled();
    for (let alarm = this.#nextUntil(end); alarm !== undefined; alarm = this.#nextUntil(end)) {
      this.#alarms.splice(this.#alarms.indexOf(alarm), 1);
      this.#now = instantOf(Math.max(alarm.when, this.#now));
      alarm.wake();
      await settled();
    }
    this.#now = end;
  }

  #nextUntil(end: Instant) {
    return this.#alarms.filter((alarm) => alarm.when <= end).sort((a, b) => a.when - b.when)[0];
  }
}

/** Lets every promise that can go on do so: a chain of them is never longer here than this. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 100; i++) await undefined;
}

/** For tests: a log that keeps its lines as `[LEVEL] subsystem: phrase`. */
export function recordingLog(lines: string[], subsystem = ""): Log {
  const at = (level: string) => (phrase: string) => lines.push(`[${level}] ${subsystem}: ${phrase}`);
  const [trace, debug, info, warn, error] = ["TRACE", "DEBUG", "INFO", "WARN", "ERR"].map(at);
  return { trace, debug, info, warn, error, named: (name) => recordingLog(lines, name) } as Log;
}

const silentMetrics: Metrics = { count: () => {}, gauge: () => {}, time: () => {} };

/** For tests: hosts in one process, on one clock, with a network that can be cut. */
export class HostHarness {
  readonly clock = new StandingClock();
  readonly #receivers = new Map<ServerID, (from: ServerID, message: RaftMessage) => void>();
  readonly #cutOff = new Set<ServerID>();

  /** A host for the server `id`, alone or one of `servers`; `parts` and `options` replace what the test is about. */
  async open(
    id: ServerID,
    servers: readonly ServerID[],
    { parts, options }: { parts?: Partial<RaftParts>; options?: Partial<RaftHostOptions> } = {},
  ): Promise<TestHost> {
    const applied: Command[] = [];
    const log: string[] = [];
    const fatal: RaftStopped[] = [];
    const random = new SeededRandom(id);
    const runtime = { clock: this.clock, random, log: recordingLog(log), metrics: silentMetrics };
    const stateMachine = {
      apply(command: Command) {
        applied.push(command);
        return `result of ${Buffer.from(command.data)}`;
      },
    };
    const store = new MemoryLogStore();
    const transport = servers.length === 1 ? noPeers : this.#transport(id);
    const host = await RaftHost.open(
      runtime,
      { store, transport, stateMachine, ...parts },
      {
        id,
        address: addressOf(id),
        bootstrap: servers.map(voter),
        electImmediatelyWhenAlone: true,
        onFatal: (error) => fatal.push(error),
        ...options,
      },
    );
    return { id, host, applied, log, fatal };
  }

  /** Lets nothing through to or from `id`, or everything again. */
  cutOff(id: ServerID): void {
    this.#cutOff.add(id);
  }

  reconnect(id: ServerID): void {
    this.#cutOff.delete(id);
  }

  /** Three servers, and the one that leads after two seconds. */
  async openThree(): Promise<{ leader: TestHost; followers: readonly TestHost[]; all: readonly TestHost[] }> {
    const servers = ["a", "b", "c"];
    const all = await Promise.all(servers.map((id) => this.open(id, servers)));
    await this.clock.advance(seconds(2));
    const leader = all.find(({ host }) => host.role.kind === "leader");
    if (leader === undefined) throw new Error("No server leads after two seconds");
    return { leader, followers: all.filter((server) => server !== leader), all };
  }

  #transport(id: ServerID): Transport {
    const deliver = (to: ServerID, message: RaftMessage) => {
      if (!this.#cutOff.has(id) && !this.#cutOff.has(to)) this.#receivers.get(to)?.(id, message);
    };
    return {
      send: (to, message) => queueMicrotask(() => deliver(to, message)),
      listen: (received) => void this.#receivers.set(id, received),
      membersChanged: () => {},
      close: async () => void this.#receivers.delete(id),
    };
  }
}

export interface TestHost {
  readonly id: ServerID;
  readonly host: RaftHost;
  readonly applied: readonly Command[];
  readonly log: readonly string[];
  readonly fatal: readonly RaftStopped[];
}

/** For tests: a store whose writes resolve, or reject, when the test says so. */
export class HeldLogStore extends MemoryLogStore {
  readonly writes: (readonly DurableBatch[])[] = [];
  #held: PromiseWithResolvers<void>[] = [];

  override async write(batches: readonly DurableBatch[]): Promise<void> {
    this.writes.push(batches);
    const held = Promise.withResolvers<void>();
    this.#held.push(held);
    await held.promise;
    await super.write(batches);
  }

  async sync(): Promise<void> {
    this.#held.shift()?.resolve();
    await settled();
  }

  async failSync(error: Error): Promise<void> {
    this.#held.shift()?.reject(error);
    await settled();
  }
}

export const addressOf = (id: ServerID): string => `${id}.example:4647`;
export const voter = (id: ServerID): Member => ({ id, address: addressOf(id), voter: true });
export const bytes = (text: string): Uint8Array => Buffer.from(text);
