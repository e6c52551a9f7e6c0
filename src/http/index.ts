export type { AgentFacts, ClientFacts, ServerFacts } from "./agent-facts.ts";
export type { ClientFiles, FileChunk } from "./client-files.ts";
export type { HttpSettings } from "./http-context.ts";
export { startHttpServer } from "./http-server.ts";
