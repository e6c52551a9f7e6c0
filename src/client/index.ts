export { artifactOptionsProblem } from "./artifacts/artifact-limits.ts";
export { type Client, startClient } from "./client.ts";
export type { ChangeableConfig, ClientConfig, ReservedResources } from "./config.ts";
export type { Fingerprint } from "./fingerprint/fingerprint.ts";
export { staticFingerprint } from "./fingerprint/static-fingerprint.ts";
export { connectServers, type ServerConnections } from "./servers/connect-servers.ts";
export { ServerList } from "./servers/server-list.ts";
