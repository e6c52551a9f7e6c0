export type { AgentFacts, ClientFacts, ServerFacts } from "./agent-facts.ts";
export type { HttpSettings } from "./http-context.ts";
export { startHttpServer } from "./http-server.ts";
