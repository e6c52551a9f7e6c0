export { type Agent, AgentStartFailed, startAgent } from "./agent.ts";
export { type AgentConfig, agentConfig } from "./config/agent-config.ts";
export { mergeSettings } from "./config/merge-settings.ts";
export { defaultSettings, devSettings, type PartialSettings, type Settings } from "./config/settings.ts";
export { keepJoining } from "./join-servers.ts";
export { type AgentProcess, runAgent } from "./run-agent.ts";
