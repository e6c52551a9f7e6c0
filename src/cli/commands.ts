import type { Command } from "./command.ts";
import { command as version } from "./commands/version.ts";

/** Leads to a command, whose file, unless it is tiny, is loaded only when it is asked for: that keeps the start short. */
export interface CommandEntry {
  readonly kind: "command";
  /** One line in the list of commands; a hidden command has none. */
  readonly synopsis?: string;
  load(): Promise<{ readonly command: Command }>;
}

/** Another name of a command. */
interface AliasEntry {
  readonly kind: "alias";
  readonly of: string;
}

/** The words that several names begin with. */
export interface GroupEntry {
  readonly kind: "group";
  readonly synopsis: string;
  readonly about: string;
}

export type Entry = CommandEntry | AliasEntry | GroupEntry;

const command = (synopsis: string, load: CommandEntry["load"]): Entry => ({ kind: "command", synopsis, load });
const hidden = (load: CommandEntry["load"]): Entry => ({ kind: "command", load });
const alias = (of: string): Entry => ({ kind: "alias", of });
const group = (synopsis: string, about: string): Entry => ({ kind: "group", synopsis, about });

/**
 * Everything that can follow `nomad`: the commands as 0.4.1 names them, their names of 1.x, of two words or more, and what
 * has a name of 1.x alone.
 */
export const entries: ReadonlyMap<string, Entry> = new Map<string, Entry>([
  ["agent", command("Run a Nomad agent", () => import("./commands/agent.ts"))],
  ["agent-info", command("Show what the agent says of itself", () => import("./commands/agent-info.ts"))],
  ["alloc", group("Look into allocations", "Shows allocations, their files and what their tasks have written.")],
  ["alloc fs", alias("fs")],
  ["alloc logs", alias("logs")],
  ["alloc status", alias("alloc-status")],
  [
    "alloc-status",
    command("Show an allocation, its tasks and their latest events", () => import("./commands/alloc-status.ts")),
  ],
  ["check", hidden(() => import("./commands/check.ts"))],
  ["client-config", command("Show or extend the servers a client knows", () => import("./commands/client-config.ts"))],
  ["eval", group("Look into evaluations", "Shows evaluations: what is to be placed, and what could not be.")],
  ["eval list", command("List evaluations", () => import("./commands/eval-list.ts"))],
  ["eval status", alias("eval-status")],
  [
    "eval-status",
    command("Show an evaluation and why it could not place something", () => import("./commands/eval-status.ts")),
  ],
  ["explain", command("Say why a job does not run, and what would help", () => import("./commands/explain.ts"))],
  ["fmt", command("Format job files", () => import("./commands/fmt.ts"))],
  ["fs", command("List and read files of an allocation", () => import("./commands/fs.ts"))],
  ["init", command("Write an example job file", () => import("./commands/init.ts"))],
  ["inspect", command("Show a submitted job as data", () => import("./commands/inspect.ts"))],
  ["job", group("Run, change and look into jobs", "Plans, runs, shows and stops jobs.")],
  ["job allocs", command("List the allocations of a job", () => import("./commands/job-allocs.ts"))],
  ["job eval", command("Have the scheduler look at a job anew", () => import("./commands/job-eval.ts"))],
  ["job explain", alias("explain")],
  ["job init", alias("init")],
  ["job inspect", alias("inspect")],
  ["job periodic", group("Work with periodic jobs", "Launches periodic jobs before their time.")],
  ["job periodic force", command("Launch a periodic job now", () => import("./commands/job-periodic-force.ts"))],
  ["job plan", alias("plan")],
  ["job run", alias("run")],
  ["job status", alias("status")],
  ["job stop", alias("stop")],
  ["job validate", alias("validate")],
  ["logs", command("Print the logs of a task", () => import("./commands/logs.ts"))],
  ["node", group("Look into nodes, and drain them", "Shows the machines that run the work, and empties them.")],
  ["node config", alias("client-config")],
  ["node drain", alias("node-drain")],
  [
    "node eligibility",
    command("Say whether a node may be given new work", () => import("./commands/node-eligibility.ts")),
  ],
  ["node status", alias("node-status")],
  ["node-drain", command("Begin or end the draining of a node", () => import("./commands/node-drain.ts"))],
  ["node-status", command("List nodes, or show one with its resources", () => import("./commands/node-status.ts"))],
  [
    "operator",
    group(
      "Tools for those who operate the servers",
      `Tools for those who operate the servers: what Raft counts, the keys of gossip,
how schedulers work, and copies of the state. Some of them can lose data or stop a cluster: read
their help first.`,
    ),
  ],
  ["operator gossip", group("Change the keys that encrypt gossip", "Tools for what servers gossip with each other.")],
  [
    "operator gossip keyring",
    group(
      "Make, show and change the keys that encrypt gossip",
      `Makes, shows and changes the keys that encrypt what servers gossip. To change
the key: install a new one, use it, then remove the old one. Each step reaches
all servers of all regions, or fails and says which it has not reached.`,
    ),
  ],
  [
    "operator gossip keyring generate",
    command("Make a new key", () => import("./commands/operator-gossip-keyring-generate.ts")),
  ],
  [
    "operator gossip keyring install",
    command("Let all servers know a key", () => import("./commands/operator-gossip-keyring-install.ts")),
  ],
  [
    "operator gossip keyring list",
    command("Show the keys that servers know", () => import("./commands/operator-gossip-keyring-list.ts")),
  ],
  [
    "operator gossip keyring remove",
    command("Let all servers forget a key", () => import("./commands/operator-gossip-keyring-remove.ts")),
  ],
  [
    "operator gossip keyring use",
    command("Let a known key encrypt from now on", () => import("./commands/operator-gossip-keyring-use.ts")),
  ],
  ["operator keygen", alias("operator gossip keyring generate")],
  ["operator metrics", command("Show what the agent measures", () => import("./commands/operator-metrics.ts"))],
  [
    "operator raft",
    group(
      "Show and change the servers that Raft counts",
      `Shows the servers that Raft counts, takes out one that will not come back, or
lets another one lead.`,
    ),
  ],
  [
    "operator raft list-peers",
    command("List the servers that Raft counts", () => import("./commands/operator-raft-list-peers.ts")),
  ],
  [
    "operator raft remove-peer",
    command("Take a server out of Raft's configuration", () => import("./commands/operator-raft-remove-peer.ts")),
  ],
  [
    "operator raft transfer-leadership",
    command("Let another server lead", () => import("./commands/operator-raft-transfer-leadership.ts")),
  ],
  [
    "operator scheduler",
    group("Show and change how schedulers work", "Shows and changes how the schedulers of the region work."),
  ],
  [
    "operator scheduler get-config",
    command("Show how schedulers work", () => import("./commands/operator-scheduler-get-config.ts")),
  ],
  [
    "operator scheduler set-config",
    command("Change how schedulers work", () => import("./commands/operator-scheduler-set-config.ts")),
  ],
  [
    "operator snapshot",
    group(
      "Save, show and restore the state",
      `Saves the state of the servers to a file, and restores it: jobs, nodes,
allocations, evaluations, all of one moment. For disaster recovery, and to bring
a cluster's jobs to another one.`,
    ),
  ],
  [
    "operator snapshot inspect",
    command("Show what is in a file", () => import("./commands/operator-snapshot-inspect.ts")),
  ],
  [
    "operator snapshot restore",
    command(
      "Put the state in a file in place of the cluster's",
      () => import("./commands/operator-snapshot-restore.ts"),
    ),
  ],
  ["operator snapshot save", command("Save the state to a file", () => import("./commands/operator-snapshot-save.ts"))],
  ["plan", command("Show what a job update would do, without doing it", () => import("./commands/plan.ts"))],
  ["run", command("Run a new job, or update one", () => import("./commands/run.ts"))],
  ["server", group("Look into servers, join and remove them", "Lists servers, joins them, and has failed ones left.")],
  ["server force-leave", alias("server-force-leave")],
  ["server join", alias("server-join")],
  ["server members", alias("server-members")],
  [
    "server-force-leave",
    command("Count a failed server as having left", () => import("./commands/server-force-leave.ts")),
  ],
  ["server-join", command("Join the agent's server with others", () => import("./commands/server-join.ts"))],
  ["server-members", command("List the known servers and how they are", () => import("./commands/server-members.ts"))],
  ["status", command("List jobs, or show whatever has an ID", () => import("./commands/status.ts"))],
  ["stop", command("Stop a running job", () => import("./commands/stop.ts"))],
  ["system", group("Have servers put their state in order", "Has servers collect what is done with, and count anew.")],
  ["system gc", command("Collect all that is done with", () => import("./commands/system-gc.ts"))],
  ["system reconcile", group("Have servers count anew", "Has servers count anew what they keep counts of.")],
  [
    "system reconcile summaries",
    command("Count the allocations of all jobs anew", () => import("./commands/system-reconcile-summaries.ts")),
  ],
  ["validate", command("Check whether a job file is valid", () => import("./commands/validate.ts"))],
  ["version", command("Print the version", async () => ({ command: version }))],
]);

/** What the first words of `args` name, by as many of them as make a name; undefined if none do. */
export function namedBy(
  args: readonly string[],
): { readonly name: string; readonly entry: CommandEntry | GroupEntry; readonly rest: readonly string[] } | undefined {
  for (let words = Math.min(args.length, mostWords); words > 0; words--) {
    const name = args.slice(0, words).join(" ");
    const entry = resolved(name);
    if (entry !== undefined) return { name, entry, rest: args.slice(words) };
  }
  return undefined;
}

const mostWords = 4;

/** The entry of a name, or of what it is another name of. */
export function resolved(name: string): CommandEntry | GroupEntry | undefined {
  const entry = entries.get(name);
  return entry?.kind === "alias" ? (entries.get(entry.of) as CommandEntry) : entry;
}

/** The words that can follow a group's name, or `nomad` itself where that is empty, with one line each. */
export function subcommands(group: string): readonly (readonly [word: string, synopsis: string])[] {
  const prefix = group === "" ? "" : `${group} `;
  const found: [string, string][] = [];
  for (const name of entries.keys()) {
    const word = name.slice(prefix.length);
    const synopsis = resolved(name)?.synopsis;
    if (name.startsWith(prefix) && !word.includes(" ") && synopsis !== undefined) found.push([word, synopsis]);
  }
  return found;
}

/** The general usage: how to call, and the commands with one line each. */
export function generalUsage(): string {
  return `usage: nomad [--version] [--help] <command> [<args>]

Available commands are:
${listed(subcommands(""))}
`;
}

/** The help of a group: what it is for, and what is in it. */
export function groupHelp(name: string, { about }: GroupEntry): string {
  const text = about.replaceAll(/^/gm, "  ");
  return `Usage: nomad ${name} <subcommand> [options]\n\n${text}\n\nSubcommands:\n${listed(subcommands(name))}`;
}

function listed(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([word]) => word.length));
  return rows.map(([word, synopsis]) => `    ${word.padEnd(width)}    ${synopsis}`).join("\n");
}
