export { type ClusterRuntime, networkCluster } from "./cluster.ts";
export { allSchedulers, type ServerConfig } from "./config.ts";
export type { Membership } from "./membership/membership.ts";
export { type Server, startServer } from "./server.ts";
