import { firstOf, type Happening, later, seconds } from "../../base/index.ts";
import { LeadershipLost, type Member, MembersNotChanged, NotLeader } from "../../raft/index.ts";
import type { KnownServer } from "../membership/known-servers.ts";
import type { LeaderDuty, Tenure } from "./tenure.ts";

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
 * Lets the Raft configuration follow gossip: servers of the region that come are added, those that have left are
 * taken out. One that failed stays in: it is expected back. Changes are made one server at a time.
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
      const pause = (await this.#reconcile()) ? reconcileInterval : retry;
      await firstOf(signal, this.#servers.changed, (passed) => clock.at(later(clock.now(), pause), passed));
    }
  }

  /** Makes the changes that are due; false if one could not be made now. */
  async #reconcile(): Promise<boolean> {
    const { signal } = this.#tenure;
    for (;;) {
      const next = nextChange(this.#configuration.members, this.#serversOfRegion());
      if (next === undefined || signal.aborted) return true;
      try {
        if (next.kind === "remove") await this.#configuration.removeServer(next.id);
        else await this.#configuration.addVoter({ id: next.id, address: next.id }, signal);
      } catch (error) {
        const passes = [NotLeader, LeadershipLost, MembersNotChanged].some((kind) => error instanceof kind);
        if (!passes && !signal.aborted) throw error;
        return false;
      }
    }
  }

  #serversOfRegion(): readonly KnownServer[] {
    return this.#servers.known().filter(({ region }) => region === this.#tenure.config.region);
  }
}

/** The change that brings the configuration one step nearer to what gossip says; undefined when it is so already. */
export function nextChange(
  members: readonly Member[],
  servers: readonly KnownServer[],
): { readonly kind: "add" | "remove"; readonly id: string } | undefined {
  const gone = new Set(servers.filter(({ status }) => status === "left").map(({ rpcAddress }) => rpcAddress));
  const leaving = members.find(({ id }) => gone.has(id));
  if (leaving !== undefined && members.length > 1) return { kind: "remove", id: leaving.id };
  const voters = new Set(members.filter(({ voter }) => voter).map(({ id }) => id));
  const coming = servers.find(({ status, rpcAddress }) => status === "alive" && !voters.has(rpcAddress));
  return coming === undefined ? undefined : { kind: "add", id: coming.rpcAddress };
}
