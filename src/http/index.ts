export type { AgentFacts, DebugFacts, MetricsFacts } from "./agent-facts.ts";
export { type HttpServer, startHttpServer } from "./http-server.ts";
