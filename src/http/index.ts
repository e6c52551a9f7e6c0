export type { AgentFacts } from "./agent-facts.ts";
export { startHttpServer } from "./http-server.ts";
