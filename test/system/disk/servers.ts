import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually, freePorts, nomadProgram } from "../support/nomad.ts";

/** Where a server keeps its data, and what its process is started with besides. */
export interface ServerPlace {
  readonly dataDirectory: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Something is there already, which may not be a directory. */
  readonly isThere?: boolean;
}

/** How a server is asked and what it has said. */
interface Started {
  readonly address: string;
  readonly config: string;
  readonly output: string;
  readonly place: ServerPlace;
  process: ChildProcess | undefined;
}

/** Server agents of the built command, each with its data in a place of its own, for tests that harm their disks. */
export class Servers {
  readonly #directory: string;
  readonly #servers: readonly Started[];

  private constructor(directory: string, servers: readonly Started[]) {
    this.#directory = directory;
    this.#servers = servers;
  }

  /** Starts as many servers as there are places; `place` is told the directory for all that goes at the end. */
  static async start(count: number, place: (at: number, directory: string) => ServerPlace): Promise<Servers> {
    const directory = mkdtempSync(join(tmpdir(), "nomad-servers-"));
    const ports = await freePorts(3 * count);
    const serf = Array.from({ length: count }, (_, at) => `"127.0.0.1:${ports[3 * at + 2]}"`);
    const started = Array.from({ length: count }, (_, at): Started => {
      const [http, rpc, gossip] = ports.slice(3 * at, 3 * at + 3);
      const placed = place(at, directory);
      const config = join(directory, `s${at}.hcl`);
      const output = join(directory, `s${at}.log`);
      if (placed.isThere !== true) mkdirSync(placed.dataDirectory, { recursive: true });
      writeFileSync(
        config,
        `name = "s${at}" data_dir = "${placed.dataDirectory}" bind_addr = "127.0.0.1"
        ports { http = ${http} rpc = ${rpc} serf = ${gossip} }
        server { enabled = true bootstrap_expect = ${count} retry_join = [${serf.join(", ")}] retry_interval = "1s" }`,
      );
      return { address: `http://127.0.0.1:${http}`, config, output, place: placed, process: undefined };
    });
    const servers = new Servers(directory, started);
    for (let at = 0; at < count; at++) servers.startOne(at);
    return servers;
  }

  startOne(at: number): void {
    const server = this.#at(at);
    const output = openSync(server.output, "a");
    server.process = spawn(nomadProgram, ["agent", "-config", server.config], {
      cwd: this.#directory,
      env: { ...process.env, ...server.place.environment },
      stdio: ["ignore", output, output],
    });
    closeSync(output);
  }

  address(at: number): string {
    return this.#at(at).address;
  }

  /** Where Raft keeps its files. */
  raftDirectory(at: number): string {
    return join(this.#at(at).place.dataDirectory, "server", "raft");
  }

  /** All that the server has printed in all its lives. */
  output(at: number): string {
    return readFileSync(this.#at(at).output, "utf8");
  }

  async kill(at: number): Promise<void> {
    const server = this.#at(at);
    const exited =
      server.process?.exitCode === null && server.process.signalCode === null && once(server.process, "exit");
    server.process?.kill("SIGKILL");
    server.process = undefined;
    await exited;
  }

  signal(at: number, signal: NodeJS.Signals): void {
    this.#at(at).process?.kill(signal);
  }

  /** Resolves with the exit code when the server has ended by itself. */
  async ended(at: number): Promise<number | null> {
    const { process: child } = this.#at(at);
    if (child === undefined) throw new Error(`server ${at} was not started`);
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    return child.exitCode;
  }

  isRunning(at: number): boolean {
    const child = this.#at(at).process;
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  /** The server that leads, once one says so; where none does, what all have said last is in the error. */
  async leader(): Promise<number> {
    try {
      return await this.#leader();
    } catch (cause) {
      const last = this.#servers.map((_, at) => `s${at}: ${this.output(at).split("\n").slice(-12).join("\n")}`);
      throw new Error(`There is no leader\n${last.join("\n")}`, { cause });
    }
  }

  #leader(): Promise<number> {
    return eventually(
      "there is a leader",
      async () => {
        for (const [at] of this.#servers.entries()) {
          const stats = this.isRunning(at) ? await this.stats(at).catch(() => undefined) : undefined;
          if (stats?.nomad?.leader === "true") return at;
        }
        return undefined;
      },
      60,
    );
  }

  /** What `agent-info` shows. */
  async stats(at: number): Promise<Record<string, Record<string, string>>> {
    const answer = await fetch(`${this.address(at)}/v1/agent/self`);
    return ((await answer.json()) as { stats: Record<string, Record<string, string>> }).stats;
  }

  /** Ids of all jobs as the server lists them, once it does; `query` is added to the question. */
  jobs(at: number, query = ""): Promise<readonly JobStub[]> {
    return eventually("jobs are listed", async () => listedJobs(this.address(at), query).catch(() => undefined), 60);
  }

  async killAll(): Promise<void> {
    await Promise.all(this.#servers.map((_, at) => this.kill(at)));
  }

  /** Ends all servers and removes what they kept. */
  async dispose(): Promise<void> {
    await this.killAll();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #at(at: number): Started {
    const server = this.#servers[at];
    if (server === undefined) throw new Error(`there is no server ${at}`);
    return server;
  }
}

export interface JobStub {
  readonly ID: string;
  readonly Priority: number;
}

/** Undefined when the answer is an error; rejects when there is none. */
export async function listedJobs(address: string, query = ""): Promise<readonly JobStub[] | undefined> {
  const answer = await fetch(`${address}/v1/jobs${query}`);
  return answer.ok ? ((await answer.json()) as JobStub[]) : void (await answer.text());
}

/** The body that registers a job of no task groups' worth of work: its priority says whether it is whole. */
export function jobBody(id: string, priority: number, filling: string): string {
  const task = {
    Name: "task",
    Driver: "raw_exec",
    Config: { command: "/bin/true" },
    Resources: { CPU: 20, MemoryMB: 16, DiskMB: 10 },
    LogConfig: { MaxFiles: 1, MaxFileSizeMB: 1 },
  };
  const group = { Name: "group", Count: 0, Tasks: [task] };
  const job = { Region: "global", ID: id, Name: id, Type: "service", Datacenters: ["dc1"], TaskGroups: [group] };
  return JSON.stringify({ Job: { ...job, Priority: priority, Meta: { filling } } });
}
