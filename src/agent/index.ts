export { type Agent, AgentStartFailed, type AgentSurroundings, startAgent } from "./agent.ts";
export { type AgentConfig, agentConfig, type MachineFacts } from "./config/agent-config.ts";
export type { SettingsSources } from "./config/load-settings.ts";
export { mergeSettings } from "./config/merge-settings.ts";
export { defaultSettings, devSettings, type PartialSettings, type Settings } from "./config/settings.ts";
export { type AgentProcess, runAgent } from "./run-agent.ts";
