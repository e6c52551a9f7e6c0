import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually, type Finished, freePorts, nomad, nomadProgram } from "./nomad.ts";
import { removeDirectory } from "./remove-directory.ts";
import type { TestHosts } from "./test-hosts.ts";

interface Member {
  readonly name: string;
  /** Of its HTTP API. */
  readonly address: string;
  readonly rpc: string;
  readonly config: string;
  readonly data: string;
  readonly output: string;
  /** The host it runs on, where agents have hosts of their own. */
  readonly host: number | undefined;
  process: ChildProcess | undefined;
}

interface Ports {
  readonly ip: string;
  readonly http: number;
  readonly rpc: number;
  readonly serf: number;
}

export interface ClusterSize {
  readonly servers: number;
  readonly clients: number;
  /** A host for each agent, servers first, all with the same ports; without it all agents are on loopback. */
  readonly hosts?: TestHosts;
  /** Further settings of every agent, as HCL. */
  readonly settings?: string;
  /** The environment of every agent, added to our own. */
  readonly env?: Readonly<Record<string, string>>;
}

/** How long one question to an agent may take before it counts as not answered, in milliseconds. */
const answerTime = 10_000;

/** Agents of the built command that make one cluster, each with its data in a directory of its own. */
export class Cluster {
  readonly directory: string;
  readonly #size: ClusterSize;
  readonly #members = new Map<string, Member>();

  private constructor(directory: string, size: ClusterSize) {
    this.directory = directory;
    this.#size = size;
  }

  /** Starts the agents. Servers are `s1`, `s2` …, clients `c1`, `c2` …. */
  static async start(size: ClusterSize): Promise<Cluster> {
    const { servers, clients, hosts } = size;
    const cluster = new Cluster(await mkdtemp(join(tmpdir(), "nomad-cluster-")), size);
    const places = hosts === undefined ? await onLoopback(servers + clients) : onHosts(hosts, servers + clients);
    const serf = places.slice(0, servers).map((place) => `"${place.ip}:${place.serf}"`);
    const rpc = places.slice(0, servers).map((place) => `"${place.ip}:${place.rpc}"`);
    for (const [at, place] of places.entries()) {
      const isServer = at < servers;
      const name = isServer ? `s${at + 1}` : `c${at - servers + 1}`;
      const role = isServer
        ? `server { enabled = true bootstrap_expect = ${servers}
        retry_join = [${serf.join(", ")}] retry_interval = "1s" }`
        : `client { enabled = true network_interface = "lo"
        servers = [${rpc.join(", ")}] options { "driver.raw_exec.enable" = "1" } }`;
      await cluster.#add(name, place, hosts === undefined ? undefined : at, role);
    }
    return cluster;
  }

  get servers(): readonly string[] {
    return [...this.#members.keys()].filter((name) => name.startsWith("s"));
  }

  get clients(): readonly string[] {
    return [...this.#members.keys()].filter((name) => name.startsWith("c"));
  }

  /** Where an agent's HTTP API is. */
  address(agent: string): string {
    return this.#member(agent).address;
  }

  /** Where an agent is asked by RPC. */
  rpcAddress(agent: string): string {
    return this.#member(agent).rpc;
  }

  /** The directory in which an agent keeps what must survive it. */
  data(agent: string): string {
    return this.#member(agent).data;
  }

  /** The process of an agent that runs. */
  pid(agent: string): number {
    const pid = this.#member(agent).process?.pid;
    if (pid === undefined) throw new Error(`${agent} does not run`);
    return pid;
  }

  isRunning(agent: string): boolean {
    return this.#member(agent).process !== undefined;
  }

  /** The name of the server that leads, as the living ones agree. */
  leader(among: readonly string[] = this.servers): Promise<string> {
    return eventually(
      "there is a leader",
      async () => {
        for (const name of among.filter((server) => this.isRunning(server))) {
          const stats = await this.stats(name).catch(() => undefined);
          if (stats?.nomad?.leader === "true") return name;
        }
        return undefined;
      },
      60,
    );
  }

  /** What an agent says of itself: sections `nomad`, `raft`, `serf` …. Rejects when it does not answer. */
  async stats(agent: string): Promise<Readonly<Record<string, Readonly<Record<string, string>>>>> {
    const self = await this.answer<{ stats: Record<string, Record<string, string>> }>(agent, "/v1/agent/self");
    return self.stats;
  }

  /** A server's place in Raft, in numbers. */
  async raft(server: string): Promise<{ term: number; applied: number; last: number; state: string }> {
    const { raft = {} } = await this.stats(server);
    return {
      term: Number(raft.term),
      applied: Number(raft.applied_index),
      last: Number(raft.last_log_index),
      state: raft.state ?? "",
    };
  }

  /** Resolves once all of these servers have applied the same last entry. */
  level(servers: readonly string[] = this.servers): Promise<number> {
    return eventually(
      `${servers.join(", ")} have applied the same`,
      async () => {
        const all = await Promise.all(servers.map((server) => this.raft(server).catch(() => undefined)));
        const [first] = all;
        const isLevel = all.every((one) => one?.applied === first?.applied && one?.last === first?.applied);
        return isLevel ? first?.applied : undefined;
      },
      60,
    );
  }

  /** What an agent answers to `GET path`; undefined unless it does so with 200. */
  get<Answer = unknown>(agent: string, path: string): Promise<Answer | undefined> {
    return this.answer<Answer>(agent, path).catch(() => undefined);
  }

  /** What an agent answers to `GET path`. Rejects with what it refused, or when it does not answer in time. */
  async answer<Answer>(agent: string, path: string): Promise<Answer> {
    return (await (await this.ask(agent, path)).json()) as Answer;
  }

  /** As `answer`, with the whole response, and for every kind of request. */
  async ask(agent: string, path: string, init: RequestInit = {}): Promise<Response> {
    const signal = init.signal ?? AbortSignal.timeout(answerTime);
    const answer = await fetch(`${this.#member(agent).address}${path}`, { ...init, signal });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  }

  nomad(args: readonly string[], agent: string): Promise<Finished> {
    return nomad(args, { address: this.#member(agent).address, cwd: this.directory });
  }

  async file(name: string, text: string): Promise<string> {
    await writeFile(join(this.directory, name), text);
    return name;
  }

  /** Resolves when as many nodes are ready. */
  ready(count: number, agent: string): Promise<true> {
    return eventually(
      `${count} nodes are ready`,
      async () => {
        const nodes = (await this.get<{ Status: string }[]>(agent, "/v1/nodes")) ?? [];
        return nodes.filter(({ Status }) => Status === "ready").length === count || undefined;
      },
      60,
    );
  }

  /** Ids of a job's running allocations, once there are as many. */
  running(job: string, count: number, agent: string): Promise<readonly string[]> {
    return eventually(
      `${count} allocations of ${job} run`,
      async () => {
        const path = `/v1/job/${job}/allocations`;
        const all = (await this.get<{ ID: string; ClientStatus: string }[]>(agent, path)) ?? [];
        const live = all.filter(({ ClientStatus }) => ClientStatus === "running").map(({ ID }) => ID);
        return live.length === count ? live.sort() : undefined;
      },
      60,
    );
  }

  /** Names of servers that a server sees in a status such as `alive`. */
  async members(server: string, status: string): Promise<readonly string[]> {
    const members = await this.answer<{ Name: string; Status: string }[]>(server, "/v1/agent/members");
    return members.filter(({ Status }) => Status === status).map(({ Name }) => Name.split(".")[0] as string);
  }

  /** Ends an agent as a power cut would. */
  kill(agent: string): Promise<void> {
    return this.end(agent, "SIGKILL");
  }

  /** Sends a signal that ends an agent, and waits until it has ended. */
  async end(agent: string, signal: NodeJS.Signals): Promise<void> {
    const member = this.#member(agent);
    const exited = member.process && once(member.process, "exit");
    member.process?.kill(signal);
    member.process = undefined;
    await exited;
  }

  /** Lets an agent stand still: it is there, and does nothing. */
  pause(agent: string): void {
    this.#member(agent).process?.kill("SIGSTOP");
  }

  resume(agent: string): void {
    this.#member(agent).process?.kill("SIGCONT");
  }

  async restart(agent: string): Promise<void> {
    this.#spawn(this.#member(agent));
  }

  /** Takes away all that an agent that does not run had kept. */
  async wipe(agent: string): Promise<void> {
    await rm(this.#member(agent).data, { recursive: true, force: true });
  }

  /** Starts a second agent with the configuration of one that runs; resolves when it has given up. */
  startAgain(agent: string): Promise<Finished> {
    const { config } = this.#member(agent);
    return nomad(["agent", "-config", config, "-data-dir", join(this.directory, "second")]);
  }

  /** What an agent has printed in all its lives. */
  output(agent: string): Promise<string> {
    return readFile(this.#member(agent).output, "utf8");
  }

  /** Ends all agents and tasks and removes what they kept. */
  async dispose(): Promise<void> {
    for (const name of this.#members.keys()) this.resume(name);
    await this.#stopTasks().catch(() => undefined);
    await Promise.all([...this.#members.keys()].map((name) => this.kill(name)));
    for (const pid of await processesOf(this.directory)) endProcess(pid);
    await removeDirectory(this.directory);
  }

  /** Stops jobs as a user does, so that what is theirs outside of the directory is cleared up. */
  async #stopTasks(): Promise<void> {
    const asked = this.servers.find((server) => this.isRunning(server));
    if (asked === undefined || this.clients.length === 0) return;
    const live = async () => {
      const all = await this.answer<{ JobID: string; ClientStatus: string }[]>(asked, "/v1/allocations");
      return new Set(all.filter(({ ClientStatus }) => ClientStatus === "running").map(({ JobID }) => JobID));
    };
    for (const job of await live()) await this.ask(asked, `/v1/job/${job}`, { method: "DELETE" });
    await eventually("tasks have ended", async () => (await live()).size === 0 || undefined, 20);
  }

  async #add(name: string, { ip, http, rpc, serf }: Ports, host: number | undefined, role: string): Promise<void> {
    const config = join(this.directory, `${name}.hcl`);
    const data = join(this.directory, name);
    await writeFile(
      config,
      `name = "${name}"\ndata_dir = "${data}"\nbind_addr = "${ip}"
ports { http = ${http} rpc = ${rpc} serf = ${serf} }\n${this.#size.settings ?? ""}\n${role}\n`,
    );
    const output = join(this.directory, `${name}.log`);
    const at = { address: `http://${ip}:${http}`, rpc: `${ip}:${rpc}` };
    const member = { name, ...at, config, data, output, host, process: undefined };
    this.#members.set(name, member);
    this.#spawn(member);
  }

  #spawn(member: Member): void {
    const { hosts, env } = this.#size;
    const script = `exec "$0" agent -config "$1" >> "$2" 2>&1`;
    const command = ["/bin/sh", "-c", script, nomadProgram, member.config, member.output];
    const [program = "", ...args] =
      hosts === undefined || member.host === undefined ? command : hosts.commandOn(member.host, command);
    member.process = spawn(program, args, {
      cwd: this.directory,
      stdio: "ignore",
      env: { ...process.env, ...env },
    });
  }

  #member(name: string): Member {
    const member = this.#members.get(name);
    if (member === undefined) throw new Error(`no agent ${name}`);
    return member;
  }
}

/** One that has ended meanwhile is none any more. */
function endProcess(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Processes that have something to do with a directory, by their command line or the place where they are. */
async function processesOf(directory: string): Promise<readonly number[]> {
  const pids = (await readdir("/proc")).map(Number).filter((pid) => pid > 0 && pid !== process.pid);
  const found = pids.map(async (pid) => {
    const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    const place = await readlink(`/proc/${pid}/cwd`).catch(() => "");
    return command.includes(directory) || place.startsWith(directory) ? [pid] : [];
  });
  return (await Promise.all(found)).flat();
}

async function onLoopback(count: number): Promise<readonly Ports[]> {
  const ports = await freePorts(3 * count);
  return Array.from({ length: count }, (_, at) => {
    const [http, rpc, serf] = ports.slice(3 * at, 3 * at + 3) as [number, number, number];
    return { ip: "127.0.0.1", http, rpc, serf };
  });
}

function onHosts(hosts: TestHosts, count: number): readonly Ports[] {
  return Array.from({ length: count }, (_, at) => ({ ip: hosts.address(at), http: 4646, rpc: 4647, serf: 4648 }));
}
