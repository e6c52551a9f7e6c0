import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually, type Finished, freePorts, nomad, nomadProgram } from "./nomad.ts";

interface Member {
  readonly name: string;
  readonly address: string;
  readonly config: string;
  readonly output: string;
  process: ChildProcess | undefined;
}

/** Agents of the built command that make one cluster, each with its data in a directory of its own. */
export class Cluster {
  readonly #directory: string;
  readonly #members = new Map<string, Member>();

  private constructor(directory: string) {
    this.#directory = directory;
  }

  /** Starts the agents. Servers are `s1`, `s2` …, clients `c1`, `c2` …. */
  static async start(size: { readonly servers: number; readonly clients: number }): Promise<Cluster> {
    const cluster = new Cluster(await mkdtemp(join(tmpdir(), "nomad-cluster-")));
    const ports = await freePorts(3 * (size.servers + size.clients));
    const portsOf = (at: number) => ports.slice(3 * at, 3 * at + 3) as [number, number, number];
    const [, rpc] = portsOf(0);
    const others = Array.from({ length: size.servers }, (_, at) => `"127.0.0.1:${portsOf(at)[2]}"`).join(", ");
    for (let at = 0; at < size.servers; at++) {
      await cluster.#add(
        `s${at + 1}`,
        portsOf(at),
        `server { enabled = true bootstrap_expect = ${size.servers}
        retry_join = [${others}] retry_interval = "1s" }`,
      );
    }
    for (let at = 0; at < size.clients; at++) {
      await cluster.#add(
        `c${at + 1}`,
        portsOf(size.servers + at),
        `client { enabled = true network_interface = "lo"
        servers = ["127.0.0.1:${rpc}"] options { "driver.raw_exec.enable" = "1" } }`,
      );
    }
    return cluster;
  }

  get servers(): readonly string[] {
    return [...this.#members.keys()].filter((name) => name.startsWith("s"));
  }

  /** The name of the server that leads, as the living ones agree. */
  leader(): Promise<string> {
    return eventually(
      "there is a leader",
      async () => {
        const living = [...this.#members.values()].filter(({ name, process }) => name.startsWith("s") && process);
        for (const { name, address } of living) {
          const self = await fetch(`${address}/v1/agent/self`).catch(() => undefined);
          const stats = self?.ok ? ((await self.json()) as { stats: { nomad: { leader: string } } }).stats : undefined;
          if (stats?.nomad.leader === "true") return name;
        }
        return undefined;
      },
      60,
    );
  }

  nomad(args: readonly string[], agent: string): Promise<Finished> {
    return nomad(args, { address: this.#member(agent).address, cwd: this.#directory });
  }

  async file(name: string, text: string): Promise<string> {
    await writeFile(join(this.#directory, name), text);
    return name;
  }

  /** Resolves when as many nodes are ready. */
  ready(count: number, agent: string): Promise<true> {
    return eventually(
      `${count} nodes are ready`,
      async () => {
        const answer = await fetch(`${this.#member(agent).address}/v1/nodes`);
        if (!answer.ok) return undefined;
        const nodes = (await answer.json()) as { Status: string }[];
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
        const answer = await fetch(`${this.#member(agent).address}/v1/job/${job}/allocations`);
        if (!answer.ok) return undefined;
        const all = (await answer.json()) as { ID: string; ClientStatus: string }[];
        const live = all.filter(({ ClientStatus }) => ClientStatus === "running").map(({ ID }) => ID);
        return live.length === count ? live.sort() : undefined;
      },
      60,
    );
  }

  /** Ends an agent as a power cut would. */
  async kill(agent: string): Promise<void> {
    const member = this.#member(agent);
    const exited = member.process && once(member.process, "exit");
    member.process?.kill("SIGKILL");
    member.process = undefined;
    await exited;
  }

  async restart(agent: string): Promise<void> {
    this.#spawn(this.#member(agent));
  }

  /** Takes from an agent that does not run everything that it has kept. */
  async wipe(agent: string): Promise<void> {
    await rm(join(this.#directory, agent), { recursive: true, force: true });
  }

  /** What an agent answers to `GET path`; undefined unless it does so with 200. */
  async get<Answer = unknown>(agent: string, path: string): Promise<Answer | undefined> {
    const answer = await fetch(`${this.#member(agent).address}${path}`).catch(() => undefined);
    return answer?.ok ? ((await answer.json()) as Answer) : undefined;
  }

  /** Starts a second agent with the configuration of one that runs; resolves when it has given up. */
  startAgain(agent: string): Promise<Finished> {
    const { config } = this.#member(agent);
    return nomad(["agent", "-config", config, "-data-dir", join(this.#directory, "second")]);
  }

  /** What an agent has printed in all its lives. */
  output(agent: string): Promise<string> {
    return readFile(this.#member(agent).output, "utf8");
  }

  /** Ends all agents and tasks and removes what they kept. */
  async dispose(): Promise<void> {
    for (const job of await this.#jobs()) await this.nomad(["stop", "-detach", "-yes", job], this.servers[0] ?? "");
    await eventually("tasks have ended", async () => (await this.#liveAllocations()) === 0 || undefined, 20).catch(
      () => undefined,
    );
    await Promise.all([...this.#members.keys()].map((name) => this.kill(name)));
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #jobs(): Promise<readonly string[]> {
    const jobs = await this.#ask<{ ID: string }[]>("/v1/jobs");
    return (jobs ?? []).map(({ ID }) => ID);
  }

  async #liveAllocations(): Promise<number> {
    const all = await this.#ask<{ ClientStatus: string }[]>("/v1/allocations");
    return (all ?? []).filter(({ ClientStatus }) => ClientStatus === "running").length;
  }

  async #ask<Answer>(path: string): Promise<Answer | undefined> {
    for (const name of this.servers) {
      const answer = await fetch(`${this.#member(name).address}${path}`).catch(() => undefined);
      if (answer?.ok) return (await answer.json()) as Answer;
    }
    return undefined;
  }

  async #add(name: string, [http, rpc, serf]: [number, number, number], role: string): Promise<void> {
    const config = join(this.#directory, `${name}.hcl`);
    const data = join(this.#directory, name);
    await writeFile(
      config,
      `name = "${name}"\ndata_dir = "${data}"\nports { http = ${http} rpc = ${rpc} serf = ${serf} }\n${role}\n`,
    );
    const output = join(this.#directory, `${name}.log`);
    const member = { name, address: `http://127.0.0.1:${http}`, config, output, process: undefined };
    this.#members.set(name, member);
    this.#spawn(member);
  }

  #spawn(member: Member): void {
    const script = `exec "$0" agent -config "$1" >> "$2" 2>&1`;
    member.process = spawn("/bin/sh", ["-c", script, nomadProgram, member.config, member.output], {
      cwd: this.#directory,
      stdio: "ignore",
    });
  }

  #member(name: string): Member {
    const member = this.#members.get(name);
    if (member === undefined) throw new Error(`no agent ${name}`);
    return member;
  }
}
