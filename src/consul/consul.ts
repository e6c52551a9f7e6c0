import type { ConsulApi } from "./consul-api.ts";
import type { ServiceRegistrar } from "./service-registrar.ts";

/** One agent of Consul as this agent uses it: to be asked, and to be told what is offered here. */
export interface Consul {
  readonly api: ConsulApi;
  readonly registrar: ServiceRegistrar;
}
