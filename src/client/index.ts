export { type Client, startClient } from "./client.ts";
export type { ClientConfig, ReservedResources } from "./config.ts";
export type { Fingerprint, FingerprintContext, NodeFacts } from "./fingerprint/fingerprint.ts";
export { type StaticResources, staticFingerprint } from "./fingerprint/static-fingerprint.ts";
