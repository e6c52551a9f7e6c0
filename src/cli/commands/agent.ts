import { isAbsolute, join } from "node:path";
import type { PartialSettings } from "../../agent/index.ts";
import { booleanFlag, type FlagValues, integerFlag, listFlag, parseGoFlags, textFlag } from "../../base/index.ts";
import type { Command } from "../command.ts";
import { described, optionsText } from "../command.ts";
import type { Environment } from "../environment.ts";

const general = {
  bind: described(textFlag(), "The address that all services of the agent listen at. Defaults to 127.0.0.1.", "<addr>"),
  config: described(
    listFlag(),
    `A configuration file, or a directory of .hcl and .json files. May be given
    several times: later files go over earlier ones, and flags over all.`,
    "<path>",
  ),
  "data-dir": described(textFlag(), "Where the agent keeps what must survive it, as an absolute path.", "<path>"),
  dc: described(textFlag(), 'The datacenter of this agent. Defaults to "dc1".', "<datacenter>"),
  "log-level": described(
    textFlag(),
    "How much is logged: TRACE, DEBUG, INFO, WARN or ERR. Defaults to INFO.",
    "<level>",
  ),
  node: described(textFlag(), "The agent's name, unique in its region. Defaults to the host's name.", "<name>"),
  region: described(textFlag(), 'The region of this agent. Defaults to "global".', "<region>"),
  dev: described(
    booleanFlag(),
    `Run a server and a client in one process, configured for trying things out.
    Nothing is kept: state lives in memory, and all tasks end with the agent.`,
  ),
};

const server = {
  server: described(booleanFlag(), "Take part in the servers' decisions."),
  "bootstrap-expect": described(integerFlag(), "How many servers to wait for before the cluster begins.", "<num>"),
  join: described(listFlag(), "A server to join at the start. May be given several times.", "<address>"),
  "retry-join": described(listFlag(), "Like -join, and tried again until it works.", "<address>"),
  "retry-max": described(integerFlag(), "How often -retry-join tries; 0 means for ever.", "<num>"),
  "retry-interval": described(textFlag(), "Time between two tries to join.", "<dur>"),
  rejoin: described(booleanFlag(), "Join the cluster again after having left it."),
  encrypt: described(
    textFlag(),
    `A key that encrypts what servers gossip, in base64. It can be seen in the list
    of processes: better say it in a file, as "encrypt" in the server block.`,
    "<key>",
  ),
};

const client = {
  client: described(booleanFlag(), "Run the work that servers place on this machine."),
  "state-dir": described(
    textFlag(),
    'Where the client keeps its own state. Defaults to "client" in -data-dir.',
    "<path>",
  ),
  "alloc-dir": described(textFlag(), 'Where allocations are run. Defaults to "alloc" in -data-dir.', "<path>"),
  servers: described(textFlag(), 'Servers to register with, as "host:port" with commas between.', "<list>"),
  "node-class": described(textFlag(), "A class that jobs can ask for in their constraints.", "<class>"),
  meta: described(listFlag(), "A fact about this machine that jobs can ask for. May be repeated.", "<key>=<value>"),
  "network-interface": described(textFlag(), "The interface whose address and speed tasks get.", "<name>"),
  "network-speed": described(integerFlag(), "Mbit/s to assume when the interface does not tell.", "<num>"),
};

const atlas = {
  atlas: described(textFlag(), "Accepted and without effect: the service is gone.", "<infrastructure>"),
  "atlas-token": described(textFlag(), "Accepted and without effect: the service is gone.", "<token>"),
  "atlas-join": described(booleanFlag(), "Accepted and without effect: the service is gone."),
};

const declared = { ...general, ...server, ...client, ...atlas };

const help = [
  `Usage: nomad agent [options]

  Starts an agent and runs it until a signal ends it. An agent is a server,
  a client, or both. What it is comes from configuration files, and from
  the flags below, which say the most common things.`,
  ...Object.entries({
    "General Options (clients and servers)": general,
    "Server Options": server,
    "Client Options": client,
    "Atlas Options": atlas,
  }).map(([title, flags]) => optionsText(title, flags)),
].join("\n\n");

/** `nomad agent`: everything it says itself is marked with `==> `. */
export const command: Command = {
  help: () => help,
  flags: declared,
  run: async (environment, args) => {
    const parsed = parseGoFlags(declared, args);
    const complain = (text: string) => environment.errors.write(`==> ${text}\n`);
    if (!parsed.ok) {
      if (!parsed.helpWanted) environment.errors.write(`${parsed.reason}\n`);
      complain(help);
      return 1;
    }
    const flags = settingsFrom(parsed.values, parsed.given);
    if (!flags.ok) {
      complain(flags.reason);
      return 1;
    }
    const files = parsed.values.config.map((given) => ({ given, path: absolute(environment, given) }));
    const sources = { dev: parsed.values.dev, files, flags: flags.settings };
    // The help needs none of this.
    const { runAgent } = await import("../../agent/index.ts");
    return runAgent(sources, environment.agentProcess());
  },
};

type FlagSettings =
  | { readonly ok: true; readonly settings: PartialSettings }
  | { readonly ok: false; readonly reason: string };

/** What the flags that were given set; one that was not given sets nothing. */
function settingsFrom(values: FlagValues<typeof declared>, given: ReadonlySet<string>): FlagSettings {
  const wrong = values.meta.find((pair) => !pair.includes("="));
  if (wrong !== undefined) return { ok: false, reason: `Error parsing Client.Meta value: ${wrong}` };
  const said = <Name extends keyof typeof declared>(name: Name) => (given.has(name) ? values[name] : undefined);
  const meta = values.meta.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]);
  const servers = values.servers.split(",").filter((address) => address !== "");
  return {
    ok: true,
    settings: {
      BindAddr: said("bind"),
      DataDir: said("data-dir"),
      Datacenter: said("dc"),
      LogLevel: said("log-level"),
      NodeName: said("node"),
      Region: said("region"),
      Server: {
        Enabled: said("server"),
        BootstrapExpect: said("bootstrap-expect"),
        StartJoin: values.join,
        RetryJoin: values["retry-join"],
        RetryMaxAttempts: said("retry-max"),
        RetryInterval: said("retry-interval"),
        RejoinAfterLeave: said("rejoin"),
        EncryptKey: said("encrypt"),
      },
      Client: {
        Enabled: said("client"),
        StateDir: said("state-dir"),
        AllocDir: said("alloc-dir"),
        Servers: servers.length > 0 ? servers : undefined,
        NodeClass: said("node-class"),
        Meta: Object.fromEntries(meta),
        NetworkInterface: said("network-interface"),
        NetworkSpeed: said("network-speed"),
      },
      Atlas: { Infrastructure: said("atlas"), Join: said("atlas-join") },
    },
  };
}

function absolute(environment: Environment, path: string): string {
  return isAbsolute(path) ? path : join(environment.workingDirectory, path);
}
