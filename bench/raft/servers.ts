import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const nomad = fileURLToPath(new URL("../../bin/nomad", import.meta.url));
// Below the ports that the system gives to outgoing connections.
const firstPort = 21_700;
const millisecondsPerTick = 10;

/** A server agent of the built command. */
export interface Server {
  readonly name: string;
  readonly port: number;
  readonly directory: string;
  agent: ChildProcess;
}

/** Three server agents of the built command that make one cluster, their data below the checkout, on a real disk. */
export class Servers {
  readonly all: readonly Server[];
  readonly #directory: string;

  private constructor(directory: string, all: readonly Server[]) {
    this.#directory = directory;
    this.all = all;
  }

  static async start(): Promise<Servers> {
    const parent = fileURLToPath(new URL("../../.bench/", import.meta.url));
    await mkdir(parent, { recursive: true });
    const directory = await mkdtemp(join(parent, "raft-"));
    const all = [1, 2, 3].map((number) => {
      const name = `s${number}`;
      const port = firstPort + 10 * number;
      const config = join(directory, `${name}.hcl`);
      writeFileSync(
        config,
        `name = "${name}" data_dir = "${join(directory, name)}" bind_addr = "127.0.0.1"
        ports { http = ${port} rpc = ${port + 1} serf = ${port + 2} }
        server { enabled = true bootstrap_expect = 3 retry_join = ["127.0.0.1:${firstPort + 12}"] retry_interval = "1s" }\n`,
      );
      return { name, port, directory: join(directory, name), agent: begin(config) };
    });
    const servers = new Servers(directory, all);
    try {
      await servers.leader();
    } catch (error) {
      await servers.dispose();
      throw error;
    }
    return servers;
  }

  /** The one that leads, and one that does not. */
  async leader(): Promise<{ readonly leader: Server; readonly follower: Server }> {
    return eventually("there is a leader", async () => {
      for (const leader of this.all) {
        const answer = await fetch(`http://127.0.0.1:${leader.port}/v1/agent/self`).catch(() => undefined);
        const self = answer?.ok ? ((await answer.json()) as { stats: { nomad: { leader: string } } }) : undefined;
        const follower = this.all.find((server) => server !== leader);
        if (self?.stats.nomad.leader === "true" && follower !== undefined) return { leader, follower };
      }
      return undefined;
    });
  }

  /** What the servers have used of the processor so far, together. */
  get cpuMs(): number {
    return this.all.map(cpuMsOf).reduce((sum, each) => sum + each, 0);
  }

  /** Resolves when the servers have nothing more to do, or after a minute, with how long that took in seconds. */
  async quiet(): Promise<number> {
    const began = performance.now();
    for (;;) {
      const before = this.cpuMs;
      await sleep(500);
      const seconds = (performance.now() - began) / 1000 - 0.5;
      if (this.cpuMs - before < 75 || seconds > 60) return seconds;
    }
  }

  /** Ends a server as a power cut would, and starts it again; resolves with how long until it answers, in seconds. */
  async restart(server: Server): Promise<number> {
    await end(server.agent, "SIGKILL");
    const began = performance.now();
    server.agent = begin(`${server.directory}.hcl`);
    await eventually("the server answers", async () => {
      const answer = await fetch(`http://127.0.0.1:${server.port}/v1/status/leader`).catch(() => undefined);
      return answer?.ok && (await answer.json()) !== "" ? true : undefined;
    });
    return (performance.now() - began) / 1000;
  }

  /** What a server has printed. */
  output(server: Server): string {
    return readFileSync(`${server.directory}.log`, "utf8");
  }

  /** Ends them and removes their data. */
  async dispose(): Promise<void> {
    await Promise.all(this.all.map(({ agent }) => end(agent, "SIGINT")));
    await rm(this.#directory, { recursive: true, force: true });
  }
}

/** What a process has used of the processor so far. */
export function cpuMsOf({ agent }: Server): number {
  const stat = readFileSync(`/proc/${agent.pid}/stat`, "utf8").replace(/^.*\) /, "");
  const fields = stat.split(" ");
  return (Number(fields[11]) + Number(fields[12])) * millisecondsPerTick;
}

/** Resident memory. */
export function residentMB({ agent }: Server): number {
  const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${agent.pid}/status`, "utf8"));
  return Math.round(Number(line?.[1]) / 1024);
}

export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function begin(config: string): ChildProcess {
  const log = config.replace(/\.hcl$/, ".log");
  return spawn("/bin/sh", ["-c", `exec "$0" agent -config "$1" >> "$2" 2>&1`, nomad, config, log], { stdio: "ignore" });
}

/** Ends a process and waits until it has. */
export async function end(agent: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (agent.exitCode !== null || agent.signalCode !== null) return;
  const exited = once(agent, "exit");
  agent.kill(signal);
  await exited;
}

/** What `probe` finds at last. Throws after a minute. */
export async function eventually<Value>(what: string, probe: () => Promise<Value | undefined>): Promise<Value> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const found = await probe();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`Not within 60 s: ${what}`);
    await sleep(10);
  }
}
