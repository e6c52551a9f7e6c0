import { seconds } from "../base/index.ts";
import { builtInDrivers } from "../drivers/index.ts";
import { type Clock, type LogLevel, metricsDump, pause } from "../runtime/index.ts";
import { type NodeRuntime, nodeRuntime } from "../runtime/node/index.ts";
import { type Agent, AgentStartFailed, startAgent } from "./agent.ts";
import { UnknownHost, withAddresses } from "./config/advertised-addresses.ts";
import { agentConfig, changeableClient, type MachineFacts } from "./config/agent-config.ts";
import { changedKeys } from "./config/changed-keys.ts";
import { settingsProblem, settingsWarning } from "./config/check-settings.ts";
import { loadSettings, type SettingsSources, UnreadableSettings } from "./config/load-settings.ts";
import type { Settings } from "./config/settings.ts";
import type { ConsulReach } from "./consul/agent-consul.ts";
import { consulReach } from "./consul/consul-reach.ts";
import { HeapGuard } from "./heap-guard.ts";
import { joinAtStart, keepJoining } from "./join-servers.ts";
import { onPlacementRush } from "./placement-rush.ts";
import { ProcessSignals, startedUnlessEnded } from "./process-signals.ts";
import { SyslogCopy } from "./syslog-copy.ts";
import { Telemetry } from "./telemetry/telemetry.ts";

/** How long the agent waits for its own end: to say goodbye, or to clear up after a failure. */
const leavePatience = seconds(5);

/** The process around an agent. Lines come without their end. */
export interface AgentProcess {
  readonly machine: MachineFacts;
  /** Plain lines and log records, on standard output. */
  print(text: string): void;
  /** Errors, on standard error. */
  complain(text: string): void;
  /** The signals that reach the process, by name and in order: `SIGINT`, `SIGTERM`, `SIGHUP`, `SIGUSR1`. */
  readonly signals: AsyncIterable<string>;
  /** How the process was called; secrets are left out. */
  readonly commandLine: readonly string[];
  readonly runtimeStatistics: () => Readonly<Record<string, string>>;
  /** Calls back with every exception and rejected promise that nobody has caught. */
  onUncaught(report: (error: unknown) => void): void;
}

/** Runs an agent until a signal ends it; resolves with the exit code of the process. Source: Nomad 0.4.1. */
export async function runAgent(sources: SettingsSources, host: AgentProcess): Promise<number> {
  const runtime = nodeRuntime({ logLevel: "INFO", writeLog: (record) => host.print(record.trimEnd()) });
  const settings = await readSettings(sources, runtime, host);
  if (settings === undefined) return 1;
  runtime.log.setLevel(settings.LogLevel.toUpperCase() as LogLevel);
  announceFiles(settings, host);
  host.print("==> Starting Nomad agent...");
  let ended: (code: number) => void = () => {};
  const broken = new Promise<number>((resolve) => {
    ended = resolve;
  });
  let isBroken = false;
  const fatal = (error: unknown) => {
    // What fails from now on comes of the first failure, or of telling it: perhaps nobody reads the output any more.
    if (isBroken) return;
    isBroken = true;
    runtime.log.release();
    runtime.log.error("cannot go on", { error: withCauses(error) });
    runtime.metrics.count(["nomad", "fatal"]);
    host.complain(`==> The agent cannot go on: ${withCauses(error)}`);
    ended(1);
  };
  host.onUncaught(fatal);
  const signals = new ProcessSignals(host.signals);
  using memory = new HeapGuard(runtime, runtime.heap, fatal);
  await using syslog = new SyslogCopy(runtime, settings);
  const machine = host.machine.hostName;
  const names = { machine, node: settings.NodeName === "" ? machine : settings.NodeName };
  await using telemetry = new Telemetry(runtime, names, settings.Telemetry);
  let agent: Agent;
  try {
    const config = { ...agentConfig(await reachableSettings(settings, runtime), host.machine), settings };
    const surroundings = {
      drivers: builtInDrivers(runtime, { options: settings.Client.Options, chrootEnv: settings.Client.ChrootEnv }),
      consul: await reachConsul(settings, runtime),
      runtimeStatistics: host.runtimeStatistics,
      metrics: telemetry.facts(),
      ...(settings.EnableDebug && { debug: { profiler: runtime.profiler, commandLine: host.commandLine } }),
      isMemoryScarce: () => memory.isScarce,
      fatal,
    };
    const starting = startAgent(config, runtime, surroundings);
    const patience = { clock: runtime.clock, patience: leavePatience };
    const started = await startedUnlessEnded(starting, signals, patience);
    if (started === undefined) return await gaveUpStarting(signals, host);
    agent = started;
  } catch (error) {
    if (!(error instanceof AgentStartFailed)) throw error;
    host.complain(`==> ${error.message}`);
    return 1;
  }
  const over = new AbortController();
  if (!settings.DevMode && !(await joinFirst(agent, settings, host))) {
    await agent.shutdown();
    return 1;
  }
  if (agent.server !== undefined) onPlacementRush(agent.server, runtime.clock, () => runtime.heap.expectMuch());
  announceAgent(settings, host);
  if (settings.DevMode) warnOfIgnored(settings, runtime);
  runtime.log.release();
  if (!settings.DevMode && agent.server !== undefined) {
    const world = { clock: runtime.clock, log: runtime.log.named("agent") };
    void keepJoining(agent.server, settings, world, over.signal).then((joined) => {
      if (!joined) ended(1);
    }, fatal);
  }
  const stopped = broken.then(async (code) => {
    await shutDownInTime(agent, runtime.clock);
    return code;
  });
  try {
    return await Promise.race([
      stopped,
      followSignals(agent, { sources, settings, runtime, host, signals, telemetry, syslog }),
    ]);
  } finally {
    over.abort();
  }
}

/** Others are told addresses, not names. */
async function reachableSettings(settings: Settings, { names }: NodeRuntime): Promise<Settings> {
  try {
    return await withAddresses(settings, names);
  } catch (cause) {
    if (!(cause instanceof UnknownHost)) throw cause;
    throw new AgentStartFailed(`Error starting agent: setup failed: ${cause.message}`, { cause });
  }
}

async function reachConsul(settings: Settings, { disk, processes }: NodeRuntime): Promise<ConsulReach> {
  try {
    return await consulReach(settings, processes.environment, disk);
  } catch (cause) {
    throw new AgentStartFailed(`Error starting agent: ${(cause as Error).message}`, { cause });
  }
}

/** The process ends with what hangs, and cannot clear up after it. */
async function gaveUpStarting(signals: ProcessSignals, host: AgentProcess): Promise<number> {
  host.print(`==> Caught signal: ${signalText((await signals.next()).value)}`);
  host.complain("==> The agent hangs at its start and is given up; temporary directories may be left behind");
  return 1;
}

/** Joins the servers of `start_join`; false, and said why, when none of them answered. */
async function joinFirst({ server }: Agent, settings: Settings, host: AgentProcess): Promise<boolean> {
  const outcome = server && (await joinAtStart(server, settings));
  if (outcome === undefined) return true;
  host.print("==> Joining cluster...");
  if (outcome.joined === 0) host.complain(`==> Error joining the cluster: ${outcome.error}`);
  else host.print(`    Join completed. Synced with ${outcome.joined} initial agents`);
  return outcome.joined > 0;
}

interface Running {
  readonly sources: SettingsSources;
  readonly settings: Settings;
  readonly runtime: NodeRuntime;
  readonly host: AgentProcess;
  readonly signals: ProcessSignals;
  readonly telemetry: Telemetry;
  readonly syslog: SyslogCopy;
}

async function followSignals(agent: Agent, running: Running): Promise<number> {
  const { host, runtime, signals } = running;
  let { settings } = running;
  for await (const signal of signals) {
    if (signal === "SIGUSR1") {
      host.complain((await metricsDump(runtime.metrics)).trimEnd());
      continue;
    }
    host.print(`==> Caught signal: ${signalText(signal)}`);
    if (signal === "SIGHUP") {
      settings = await reload(agent, settings, running);
      continue;
    }
    const gracefully = signal === "SIGINT" ? settings.LeaveOnInt : settings.LeaveOnTerm;
    const left = gracefully && (await leaveInTime(agent, running));
    await agent.shutdown();
    return left ? 0 : 1;
  }
  await agent.shutdown();
  return 1;
}

/** After a failure an end may hang; the process is to end nevertheless. */
async function shutDownInTime(agent: Agent, clock: Clock): Promise<void> {
  const over = new AbortController();
  try {
    await Promise.race([agent.shutdown(), pause(clock, leavePatience, over.signal)]);
  } finally {
    over.abort();
  }
}

/** True if the agent said goodbye before its patience, or the user's, was over. */
async function leaveInTime(agent: Agent, { host, runtime, signals }: Running): Promise<boolean> {
  host.print("==> Gracefully shutting down agent...");
  const over = new AbortController();
  const outcome = await Promise.race([
    agent.leave().then(
      () => true,
      (error: unknown) => {
        host.complain(`==> Error: ${error instanceof Error ? error.message : error}`);
        return false;
      },
    ),
    pause(runtime.clock, leavePatience, over.signal).then(() => false),
    signals.next().then(() => false),
  ]);
  over.abort();
  return outcome;
}

/**
 * Reads the configuration again and takes over what can change while the agent runs. What is wrong with it is said, and then
 * nothing has changed; of the rest it is said which keys need a new start.
 */
async function reload(agent: Agent, before: Settings, running: Running): Promise<Settings> {
  const { sources, runtime, host, telemetry, syslog } = running;
  host.print("==> Reloading configuration...");
  const settings = await readSettings(sources, runtime, host);
  if (settings === undefined || !(await tookOver(agent, settings, running))) {
    host.complain("==> Failed to reload configs");
    return before;
  }
  const { reloaded, needRestart } = changedKeys(before, settings);
  const log = runtime.log.named("agent");
  if (needRestart.length > 0) log.warn("these keys take effect when the agent is started again", { keys: needRestart });
  await telemetry.take(settings.Telemetry);
  await syslog.take(settings);
  log.info("configuration reloaded", { changed: reloaded });
  runtime.log.setLevel(settings.LogLevel.toUpperCase() as LogLevel);
  return settings;
}

/** False, and said why, where something of it cannot be used; then all is as before. */
async function tookOver(agent: Agent, settings: Settings, { runtime, host }: Running): Promise<boolean> {
  try {
    const { access } = await consulReach(settings, runtime.processes.environment, runtime.disk);
    agent.setResponseHeaders(settings.HTTPAPIResponseHeaders);
    agent.takeOver({ consul: access, client: changeableClient(settings) });
    return true;
  } catch (error) {
    host.complain(`==> ${(error as Error).message}`);
    return false;
  }
}

async function readSettings(
  sources: SettingsSources,
  runtime: NodeRuntime,
  host: AgentProcess,
): Promise<Settings | undefined> {
  try {
    const { settings, empty } = await loadSettings(runtime.disk, sources);
    for (const path of empty) host.complain(`==> No configuration loaded from ${path}`);
    const problem = settingsProblem(settings);
    const said = problem ?? settingsWarning(settings);
    if (said !== undefined) host.complain(`==> ${said}`);
    if (problem === undefined) return settings;
  } catch (error) {
    if (!(error instanceof UnreadableSettings)) throw error;
    host.complain(`==> ${error.message}`);
  }
  return undefined;
}

function announceFiles(settings: Settings, host: AgentProcess): void {
  const files = settings.Files;
  host.print(
    files.length > 0 ? `    Loaded configuration from ${files.join(", ")}` : "    No configuration files loaded",
  );
}

/** What a development agent is told and does not do is said, lest somebody wait for it. */
function warnOfIgnored({ Server, Client }: Settings, runtime: NodeRuntime): void {
  const joins = [...Server.StartJoin, ...Server.RetryJoin];
  if (joins.length > 0) runtime.log.warn("a development agent joins no other servers", { ignored: joins });
  if (Server.EncryptKey !== "") runtime.log.warn("a development agent gossips with nobody, and needs no key");
  if (Client.Servers !== null) {
    runtime.log.warn("a development agent's client asks its own server only", { ignored: Client.Servers });
  }
}

/** The banner: labels to the right of their column, in alphabetical order. */
function announceAgent(settings: Settings, host: AgentProcess): void {
  const { Atlas } = settings;
  const facts: Readonly<Record<string, string>> = {
    Atlas:
      Atlas.Infrastructure === "" ? "<disabled>" : `(Infrastructure: '${Atlas.Infrastructure}' Join: ${Atlas.Join})`,
    Client: String(settings.Client.Enabled),
    "Log Level": settings.LogLevel,
    Region: `${settings.Region} (DC: ${settings.Datacenter})`,
    Server: String(settings.Server.Enabled),
  };
  host.print("==> Nomad agent configuration:\n");
  for (const [label, fact] of Object.entries(facts)) host.print(`    ${label.padStart(18)}: ${fact}`);
  host.print("\n==> Nomad agent started! Log data will stream in below:\n");
}

/** An error's message and those of what caused it; of the innermost also where it came from. */
function withCauses(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause !== undefined) return `${error.message}: ${withCauses(error.cause)}`;
  const place = error.stack?.split("\n").find((line) => /^\s+at /.test(line));
  return `${error.message}${place === undefined ? "" : ` (${place.trim()})`}`;
}

function signalText(signal: string): string {
  switch (signal) {
    case "SIGINT":
      return "interrupt";
    case "SIGTERM":
      return "terminated";
    case "SIGHUP":
      return "hangup";
    default:
      return signal;
  }
}
