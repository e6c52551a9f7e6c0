import { inMilliseconds, SeededRandom, seconds } from "../base/index.ts";
import {
  type Log,
  logInto,
  ManualClock,
  type MetricName,
  type Metrics,
  settled,
  unmeasured,
} from "../runtime/index.ts";
import type { DurableBatch } from "./core/effects.ts";
import type { Member, ServerID } from "./core/membership.ts";
import type { RaftMessage } from "./core/messages.ts";
import type { RaftStopped } from "./errors.ts";
import { MemoryLogStore } from "./memory-log-store.ts";
import { RaftHost, type RaftHostOptions, type RaftParts } from "./raft-host.ts";
import type { Command } from "./state-machine.ts";
import { noPeers, type Transport } from "./transport.ts";

/** For tests: a log that keeps its lines as `[LEVEL] subsystem: phrase`. */
export function recordingLog(lines: string[]): Log {
  return logInto(({ level, subsystem, phrase }) => lines.push(`[${level}] ${subsystem}: ${phrase}`));
}

/** For tests: what a state machine does whose state is never replaced. */
export const neverReplaced = { replace: () => Promise.reject(new Error("no state is restored here")) };

/** For tests: hosts in one process, on one clock, with a network that can be cut. */
export class HostHarness {
  readonly clock = new ManualClock();
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
    const measured = new Map<string, number[]>();
    const add = (name: MetricName, value: number) => {
      const key = name.join(".");
      const values = measured.get(key) ?? [];
      measured.set(key, values);
      values.push(value);
    };
    const metrics: Metrics = {
      ...unmeasured,
      count: (name, by = 1) => add(name, by),
      time: (name, took) => add(name, inMilliseconds(took)),
    };
    const runtime = { clock: this.clock, random, log: recordingLog(log), metrics };
    const stateMachine = {
      apply(command: Command) {
        applied.push(command);
        return `result of ${Buffer.from(command.data)}`;
      },
      ...neverReplaced,
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
    return { id, host, applied, log, fatal, measured };
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
  /** What was counted each time, and what was timed, in milliseconds, by the metric's name with dots. */
  readonly measured: ReadonlyMap<string, readonly number[]>;
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
