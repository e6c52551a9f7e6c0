import { type Duration, firstOf, later, seconds, shorter, times, WakeUp } from "../base/index.ts";
import { type Log, pause, type Runtime } from "../runtime/index.ts";
import type { ConsulApi } from "./consul-api.ts";
import { ConsulRefusal } from "./consul-failure.ts";
import type { KnownService, ServiceEntry } from "./entries.ts";
import { domainOf, isTaskServiceID } from "./ids.ts";
import { type SyncPlan, syncPlan } from "./sync-plan.ts";

/** How often Consul is looked at when nothing changes; up to an eighth of it less, by chance. Source: Nomad 0.4.1. */
const syncEvery: Duration = seconds(5);
const jitter = 0.125;
/** While Consul does not answer, waits between tries double from the first to the longest. */
const firstRetry: Duration = seconds(1);
const longestRetry: Duration = seconds(30);
/** What nobody has claimed for so long is of an earlier life: by then the tasks that still run have been found again. */
const reapAfter: Duration = seconds(60);
/** At the end there is so much time for what is still to be deregistered. */
const lastSyncTime: Duration = seconds(2);

/** The key by which a service says whose it is. */
const ownerKey = "nomad-owner";

/**
 * Keeps in Consul what this agent offers. Services are wanted by domains, such as `server` or one task; all that Consul
 * has of a domain and is not wanted is deregistered. What others have registered with the same agent of Consul is
 * theirs: other nodes too.
 */
export class ServiceRegistrar {
  readonly #runtime: Pick<Runtime, "clock" | "random">;
  readonly #log: Log;
  readonly #consul: ConsulApi;
  readonly #domains = new Map<string, readonly ServiceEntry[]>();
  /** Of those, which Consul may have something of. */
  readonly #registered = new Set<string>();
  /** Of which it will be said later what they want. */
  readonly #held = new Set<string>();
  readonly #changed = new WakeUp();
  /** Grows with every change of what is wanted. */
  #revision = 0;
  #owner: string | undefined;
  #isAnswering: boolean | undefined;
  /** By id, what Consul last said against it: said once. */
  #refused: ReadonlyMap<string, string> = new Map();

  constructor(runtime: Pick<Runtime, "clock" | "random" | "log">, consul: ConsulApi) {
    this.#runtime = runtime;
    this.#log = runtime.log.named("consul");
    this.#consul = consul;
  }

  /** Nothing of a domain is touched until it says what it wants. */
  hold(domain: string): void {
    this.#held.add(domain);
  }

  /** From now on, a domain wants these services and no others. */
  set(domain: string, services: readonly ServiceEntry[]): void {
    this.#held.delete(domain);
    // What there is of an earlier life will be seen to be abandoned: nothing piles up while there is no Consul.
    if (services.length === 0 && !this.#isAnswering && !this.#registered.has(domain)) this.#domains.delete(domain);
    else this.#domains.set(domain, services);
    this.#revision += 1;
    this.#changed.notify();
  }

  /** Cares no more for a domain: what is registered stays registered. */
  leave(domain: string): void {
    this.#domains.delete(domain);
    this.#held.delete(domain);
    this.#registered.delete(domain);
  }

  /**
   * Who this is, for ever: services of tasks that bear the name, and that nobody claims for a minute after the start, are
   * taken for those of tasks that ended while the agent was away, and deregistered.
   */
  ownAs(owner: string): void {
    this.#owner = owner;
  }

  /** What a task's service says of itself in Consul. */
  get marks(): Readonly<Record<string, string>> {
    return { "external-source": "nomad", ...(this.#owner !== undefined && { [ownerKey]: this.#owner }) };
  }

  /** Runs until `signal` fires. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#runtime;
    const reapFrom = later(clock.now(), reapAfter);
    let failures = 0;
    while (!signal.aborted) {
      const revision = this.#revision;
      const isAnswering = await this.#sync({ reaps: clock.now() >= reapFrom }, signal);
      failures = isAnswering ? 0 : failures + 1;
      if (failures > 0) await pause(clock, retryAfter(failures), signal);
      else if (revision === this.#revision) await this.#pause(times(syncEvery, 1 - jitter * random.fraction()), signal);
    }
  }

  /** Once `run` has ended: deregisters what these domains have, if Consul answers at once. Never rejects. */
  async end(domains: readonly string[]): Promise<void> {
    for (const domain of domains) this.#domains.set(domain, []);
    if (this.#isAnswering !== true) return;
    const { clock } = this.#runtime;
    const over = new AbortController();
    const cancel = clock.at(later(clock.now(), lastSyncTime), () => over.abort());
    await this.#sync({ reaps: false }, over.signal);
    cancel();
  }

  /** False when Consul does not answer. */
  async #sync(options: { readonly reaps: boolean }, signal: AbortSignal): Promise<boolean> {
    const domains = new Map(this.#domains);
    try {
      const [services, checks] = await Promise.all([this.#consul.services(signal), this.#consul.checks(signal)]);
      const plan = syncPlan(
        domains,
        { services, checks },
        (id, service) => options.reaps && this.#isAbandoned(id, service),
      );
      this.#tellAnswering();
      for (const [domain, wanted] of domains) if (wanted.length > 0) this.#registered.add(domain);
      const refused = await this.#carryOut(plan, signal);
      if (refused.size === 0) this.#forgetEmpty(domains);
      this.#tellRefused(refused);
      return true;
    } catch (error) {
      if (!signal.aborted) this.#tellSilent(error);
      return false;
    }
  }

  /** By id, what Consul refused, and why: that does not keep the rest from being done, and is tried again at the next look. */
  async #carryOut(plan: SyncPlan, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
    const consul = this.#consul;
    const refused = new Map<string, string>();
    const attempt = async (id: string, act: Promise<void>) => {
      try {
        await act;
      } catch (error) {
        if (!(error instanceof ConsulRefusal)) throw error;
        refused.set(id, error.message);
      }
    };
    for (const id of plan.deregisterServices) await attempt(id, consul.deregisterService(id, signal));
    for (const id of plan.deregisterChecks) await attempt(id, consul.deregisterCheck(id, signal));
    for (const entry of plan.registerServices) await attempt(entry.id, consul.registerService(entry, signal));
    for (const { service, check } of plan.registerChecks) {
      await attempt(check.id, consul.registerCheck(service, check, signal));
    }
    return refused;
  }

  /** A domain that wants nothing, and of which nothing was left, needs no more care. */
  #forgetEmpty(synced: ReadonlyMap<string, readonly ServiceEntry[]>): void {
    for (const [domain, services] of synced) {
      if (services.length === 0 && this.#domains.get(domain) === services) this.leave(domain);
    }
  }

  #isAbandoned(id: string, { meta }: KnownService): boolean {
    const isOurs = this.#owner !== undefined && isTaskServiceID(id) && meta?.[ownerKey] === this.#owner;
    return isOurs && domainOf(id, this.#held) === undefined;
  }

  #tellRefused(refused: ReadonlyMap<string, string>): void {
    const fresh = [...refused].filter(([id, reason]) => this.#refused.get(id) !== reason);
    this.#refused = refused;
    const [first] = fresh;
    if (first !== undefined)
      this.#log.warn("Consul refuses", { id: first[0], reason: first[1], refused: fresh.length });
  }

  #tellAnswering(): void {
    if (this.#isAnswering !== true) this.#log.info("Consul answers");
    this.#isAnswering = true;
  }

  /** Said once; that there is no Consul at all is nothing to worry about. */
  #tellSilent(error: unknown): void {
    const details = { reason: error instanceof Error ? error.message : String(error) };
    if (this.#isAnswering === true) this.#log.warn("Consul does not answer any more, trying on", details);
    else if (this.#isAnswering === undefined) this.#log.info("Consul does not answer, trying on", details);
    this.#isAnswering = false;
  }

  async #pause(time: Duration, signal: AbortSignal): Promise<void> {
    const { clock } = this.#runtime;
    const end = later(clock.now(), time);
    await firstOf(signal, (passed) => clock.at(end, passed), this.#changed.next);
  }
}

function retryAfter(failures: number): Duration {
  return shorter(times(firstRetry, 2 ** Math.min(failures - 1, 10)), longestRetry);
}
