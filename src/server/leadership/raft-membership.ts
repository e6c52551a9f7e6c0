import { RpcError } from "../../api/index.ts";
import { between, deepEqual, firstOf, type Happening, later, seconds, withEither } from "../../base/index.ts";
import { type Member, MembersNotChanged } from "../../raft/index.ts";
import type { KnownServer } from "../membership/known-servers.ts";
import { refusalFor } from "../refusal.ts";
import type { LeaderDuty, Tenure } from "./tenure.ts";

const timers = { all: ["nomad", "leader", "reconcile"], one: ["nomad", "leader", "reconcileMember"] };

/** How often all members are looked at, also when gossip says nothing. */
const reconcileInterval = seconds(60);
/** Until the next try, when a change could not be made now. */
const retry = seconds(1);

/** The Raft configuration, and the ways to change it. */
export interface Configuration {
  readonly members: readonly Member[];
  addVoter(member: Omit<Member, "voter">, signal: AbortSignal): Promise<void>;
  removeServer(id: string): Promise<void>;
}

/** The servers that gossip knows, those that have left included. */
export interface Servers {
  readonly known: () => readonly KnownServer[];
  readonly changed: Happening;
}

/**
 * Lets the Raft configuration follow gossip: servers of the region that come are added, those that have left, or have lost
 * their log, are taken out. One that failed stays in: it is expected back. Changes are made one server at a time.
 */
export class RaftMembership implements LeaderDuty {
  readonly name = "raft membership";
  readonly #tenure: Tenure;
  readonly #configuration: Configuration;
  readonly #servers: Servers;

  constructor(tenure: Tenure, configuration: Configuration, servers: Servers) {
    this.#tenure = tenure;
    this.#configuration = configuration;
    this.#servers = servers;
  }

  async run(): Promise<void> {
    const { runtime, signal } = this.#tenure;
    const { clock } = runtime;
    while (!signal.aborted) {
      const began = clock.now();
      const pause = (await this.#reconcile()) ? reconcileInterval : retry;
      runtime.metrics.time(timers.all, between(began, clock.now()));
      await firstOf(signal, this.#servers.changed, (passed) => clock.at(later(clock.now(), pause), passed));
    }
  }

  /** Makes the changes that are due; false if one could not be made now. */
  async #reconcile(): Promise<boolean> {
    const { runtime, signal } = this.#tenure;
    const { clock, metrics } = runtime;
    for (;;) {
      const next = nextChange(this.#configuration.members, this.#serversOfRegion());
      if (next === undefined || signal.aborted) return true;
      const began = clock.now();
      try {
        if (next.kind === "remove") await this.#configuration.removeServer(next.id);
        else await this.#add(next);
        metrics.time(timers.one, between(began, clock.now()));
      } catch (error) {
        const passes = error instanceof MembersNotChanged || refusalFor(error) instanceof RpcError;
        if (!passes && !signal.aborted) throw error;
        return false;
      }
    }
  }

  /**
   * Ends, also without having added it, when gossip comes to tell otherwise: a newcomer that is being brought up to date may
   * be gone for good, or be another one by now, and nothing else is changed while it is waited for.
   */
  async #add(coming: NextChange & { readonly kind: "add" }): Promise<void> {
    const { id, address } = coming;
    const outdated = new AbortController();
    void this.#watch(coming, outdated);
    try {
      await withEither([this.#tenure.signal, outdated.signal], (signal) =>
        this.#configuration.addVoter({ id, address }, signal),
      );
    } catch (error) {
      if (!outdated.signal.aborted) throw error;
    } finally {
      outdated.abort();
    }
  }

  async #watch(coming: NextChange, outdated: AbortController): Promise<void> {
    while (!outdated.signal.aborted) {
      await firstOf(outdated.signal, this.#servers.changed);
      const next = nextChange(this.#configuration.members, this.#serversOfRegion());
      if (!deepEqual(next, coming)) outdated.abort();
    }
  }

  #serversOfRegion(): readonly KnownServer[] {
    return this.#servers.known().filter(({ region }) => region === this.#tenure.config.region);
  }
}

type NextChange =
  | { readonly kind: "add"; readonly id: string; readonly address: string }
  | { readonly kind: "remove"; readonly id: string };

/** The change that brings the configuration one step nearer to what gossip says; undefined when it is so already. */
export function nextChange(members: readonly Member[], servers: readonly KnownServer[]): NextChange | undefined {
  const alive = servers.filter(({ status }) => status === "alive");
  const left = new Set(servers.filter(({ status }) => status === "left").map(({ id }) => id));
  const leaving = members.find((member) => left.has(member.id) || alive.some((server) => replaces(server, member)));
  if (leaving !== undefined && members.length > 1) return { kind: "remove", id: leaving.id };
  const coming = alive.find(
    ({ id, rpcAddress }) =>
      !members.some((member) => member.voter && member.id === id && member.address === rpcAddress),
  );
  return coming && { kind: "add", id: coming.id, address: coming.rpcAddress };
}

/** A server that has lost its log comes back as another one, where the lost one was: that one is no more. */
function replaces({ id, rpcAddress }: KnownServer, member: Member): boolean {
  return member.address === rpcAddress && member.id !== id;
}
