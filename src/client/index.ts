export type { Client } from "./client.ts";
export type { ClientConfig, ReservedResources } from "./config.ts";
export type { ClientEndpoints, FileChunk, LogRequest } from "./endpoints/endpoints.ts";
export type { Fingerprint, FingerprintContext, NodeFacts } from "./fingerprint/fingerprint.ts";
