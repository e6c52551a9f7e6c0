export type { AgentFacts, ClientFacts, ServerFacts } from "./agent-facts.ts";
export type { ClientFiles, FileChunk } from "./client-files.ts";
