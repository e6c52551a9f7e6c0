export type { AgentFacts, MetricsFacts } from "./agent-facts.ts";
export { startHttpServer } from "./http-server.ts";
