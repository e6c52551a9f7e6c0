export { type ConsulSelf, hostAndPort } from "./answers.ts";
export type { Consul } from "./consul.ts";
export { type ConsulAccess, ConsulApi } from "./consul-api.ts";
export { ConsulRefusal, ConsulSilent } from "./consul-failure.ts";
export type { CheckEntry, CheckStatus, ServiceEntry } from "./entries.ts";
export { findServers, type ServerTag } from "./find-servers.ts";
export { checkID, serviceID, taskDomain } from "./ids.ts";
export { MemoryConsul } from "./memory-consul.ts";
export { ServiceRegistrar } from "./service-registrar.ts";
