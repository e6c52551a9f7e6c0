import type { Command } from "./command.ts";
import { command as version } from "./commands/version.ts";

interface Entry {
  /** One line in the list of commands; a hidden command has none. */
  readonly synopsis?: string;
  load(): Promise<{ readonly command: Command }>;
}

/** Every command by name. Its file, unless it is tiny, is loaded only when it is asked for: that keeps the start short. */
export const commands: ReadonlyMap<string, Entry> = new Map<string, Entry>([
  ["agent", { synopsis: "Run a Nomad agent", load: () => import("./commands/agent.ts") }],
  ["agent-info", { synopsis: "Show what the agent says of itself", load: () => import("./commands/agent-info.ts") }],
  [
    "alloc-status",
    {
      synopsis: "Show an allocation, its tasks and their latest events",
      load: () => import("./commands/alloc-status.ts"),
    },
  ],
  ["check", { load: () => import("./commands/check.ts") }],
  [
    "client-config",
    { synopsis: "Show or extend the servers a client knows", load: () => import("./commands/client-config.ts") },
  ],
  [
    "eval-status",
    {
      synopsis: "Show an evaluation and why it could not place something",
      load: () => import("./commands/eval-status.ts"),
    },
  ],
  [
    "explain",
    {
      synopsis: "Say why a job does not run, and what would help",
      load: () => import("./commands/explain.ts"),
    },
  ],
  ["fs", { synopsis: "List and read files of an allocation", load: () => import("./commands/fs.ts") }],
  ["init", { synopsis: "Write an example job file", load: () => import("./commands/init.ts") }],
  ["inspect", { synopsis: "Show a submitted job as data", load: () => import("./commands/inspect.ts") }],
  ["logs", { synopsis: "Print the logs of a task", load: () => import("./commands/logs.ts") }],
  ["node-drain", { synopsis: "Begin or end the draining of a node", load: () => import("./commands/node-drain.ts") }],
  [
    "node-status",
    { synopsis: "List nodes, or show one with its resources", load: () => import("./commands/node-status.ts") },
  ],
  ["operator", { synopsis: "Tools for those who operate the servers", load: () => import("./commands/operator.ts") }],
  ["plan", { synopsis: "Show what a job update would do, without doing it", load: () => import("./commands/plan.ts") }],
  ["run", { synopsis: "Run a new job, or update one", load: () => import("./commands/run.ts") }],
  [
    "server-force-leave",
    { synopsis: "Count a failed server as having left", load: () => import("./commands/server-force-leave.ts") },
  ],
  ["server-join", { synopsis: "Join the agent's server with others", load: () => import("./commands/server-join.ts") }],
  [
    "server-members",
    { synopsis: "List the known servers and how they are", load: () => import("./commands/server-members.ts") },
  ],
  ["status", { synopsis: "List jobs, or show one with its allocations", load: () => import("./commands/status.ts") }],
  ["stop", { synopsis: "Stop a running job", load: () => import("./commands/stop.ts") }],
  ["validate", { synopsis: "Check whether a job file is valid", load: () => import("./commands/validate.ts") }],
  ["version", { synopsis: "Print the version", load: async () => ({ command: version }) }],
]);

/** The general usage: how to call, and the commands with one line each. */
export function generalUsage(): string {
  const listed = [...commands].filter(([, { synopsis }]) => synopsis !== undefined);
  const width = Math.max(...listed.map(([name]) => name.length));
  const lines = listed.map(([name, { synopsis }]) => `    ${name.padEnd(width)}    ${synopsis}`);
  return `usage: nomad [--version] [--help] <command> [<args>]

Available commands are:
${lines.join("\n")}
`;
}
