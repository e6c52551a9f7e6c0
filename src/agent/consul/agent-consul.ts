import { type Consul, type ConsulAccess, ConsulApi, ServiceRegistrar } from "../../consul/index.ts";
import type { HttpClient, Runtime } from "../../runtime/index.ts";
import type { Server } from "../../server/index.ts";
import type { ConsulConfig } from "./consul-config.ts";
import { joinThroughConsul } from "./join-through-consul.ts";
import { ownService } from "./own-services.ts";

/** How an agent reaches its agent of Consul. */
export interface ConsulReach {
  readonly http: HttpClient;
  readonly access: ConsulAccess;
}

/** What an agent does in Consul, from its start to its end. Nothing else of the agent waits for it. */
export class AgentConsul {
  readonly consul: Consul;
  readonly #config: ConsulConfig;
  readonly #runtime: Runtime;
  readonly #ending = new AbortController();
  readonly #working: Promise<void>[] = [];

  constructor(runtime: Runtime, config: ConsulConfig, { http, access }: ConsulReach) {
    this.#runtime = runtime;
    this.#config = config;
    const api = new ConsulApi(runtime.clock, http, access);
    this.consul = { api, registrar: new ServiceRegistrar(runtime, api) };
    this.#start(this.consul.registrar.run(this.#ending.signal));
  }

  /** From now on Consul is asked so. */
  use(access: ConsulAccess): void {
    this.consul.api.use(access);
  }

  /** Registers what this agent offers itself, and lets its server look for others. */
  advertise(server: Server | undefined): void {
    const { api, registrar } = this.consul;
    const { advertised, joins, beginsAlone } = this.#config;
    for (const [role, services] of Map.groupBy(advertised, ({ role }) => role)) {
      registrar.set(
        role,
        services.map((service) => ownService(service, { "external-source": "nomad" })),
      );
    }
    if (server === undefined || joins === undefined) return;
    const world = { ...this.#runtime, log: this.#runtime.log.named("consul") };
    this.#start(joinThroughConsul(world, api, server, { service: joins, beginsAlone }, this.#ending.signal));
  }

  /** Deregisters what this agent offered itself, if Consul answers at once; resolves when nothing goes on any more. */
  async close(): Promise<void> {
    this.#ending.abort();
    await Promise.all(this.#working);
    await this.consul.registrar.end([...new Set(this.#config.advertised.map(({ role }) => role))]);
  }

  #start(work: Promise<void>): void {
    const log = this.#runtime.log.named("consul");
    this.#working.push(
      work.catch((error) => {
        if (!this.#ending.signal.aborted) log.error("a part of the agent has ended", { reason: String(error) });
      }),
    );
  }
}
