import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { end, eventually } from "../raft/servers.ts";
import { Inspector } from "./inspector.ts";

const checkout = fileURLToPath(new URL("../../", import.meta.url));
// Below the ports that the system gives to outgoing connections, and others for each run, for several may go on.
const httpPort = 22_000 + (process.pid % 2_000) * 4;
const rpcPort = httpPort + 1;
const inspectorPort = httpPort + 3;
const millisecondsPerTick = 10;
/** Of what a server has said last. */
const longestWords = 4_000;

/** How the server process is run. */
export interface Running {
  /** As it stands in `src/`, so that functions have their names in a profile; else the built command. */
  readonly unbuilt: boolean;
}

/** What the process takes of memory, in MB. */
export interface Memory {
  readonly resident: number;
  readonly peakResident: number;
  /** In use in the heap of V8 after all that is not needed was collected. */
  readonly heap: number;
  /** Held by buffers outside of that heap. */
  readonly buffers: number;
}

/** A single server agent in a process of its own, with a durable log on the disk of the checkout. */
export class OneServer {
  readonly httpPort = httpPort;
  readonly rpcAddress = `127.0.0.1:${rpcPort}`;
  readonly inspector: Inspector;
  readonly #agent: ChildProcess;
  readonly #directory: string;

  private constructor(agent: ChildProcess, directory: string, inspector: Inspector) {
    this.#agent = agent;
    this.#directory = directory;
    this.inspector = inspector;
  }

  static async start({ unbuilt }: Running): Promise<OneServer> {
    const parent = join(checkout, ".bench");
    await mkdir(parent, { recursive: true });
    const directory = await mkdtemp(join(parent, "placements-"));
    const config = join(directory, "server.hcl");
    writeFileSync(
      config,
      `name = "s1" data_dir = "${join(directory, "data")}" bind_addr = "127.0.0.1"
      ports { http = ${httpPort} rpc = ${rpcPort} serf = ${rpcPort + 1} }
      server { enabled = true bootstrap_expect = 1 }\n`,
    );
    const command = unbuilt ? `"${process.execPath}" src/cli/main.ts` : "bin/nomad";
    const agent = spawn("/bin/sh", ["-c", `exec ${command} agent -config "${config}" >> "${config}.log" 2>&1`], {
      cwd: checkout,
      env: { ...process.env, NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ""} --inspect=127.0.0.1:${inspectorPort}` },
      stdio: "ignore",
    });
    try {
      const inspector = await eventually("the server can be looked into", () => Inspector.connect(inspectorPort));
      const server = new OneServer(agent, directory, inspector);
      await eventually("the server leads", async () => ((await server.term()) === undefined ? undefined : true));
      return server;
    } catch (error) {
      await end(agent, "SIGKILL");
      console.log(readFileSync(`${config}.log`, "utf8"));
      throw error;
    }
  }

  /** The term of Raft that it leads in; undefined when it does not lead. */
  async term(): Promise<number | undefined> {
    const answer = await fetch(`http://127.0.0.1:${httpPort}/v1/agent/self`).catch(() => undefined);
    if (!answer?.ok) return undefined;
    const { stats } = (await answer.json()) as { stats: { nomad: { leader: string }; raft: { term: string } } };
    return stats.nomad.leader === "true" ? Number(stats.raft.term) : undefined;
  }

  /** What its main thread, and all its threads together, have used of the processor so far, in milliseconds. */
  get cpuMs(): { readonly main: number; readonly all: number } {
    const { pid } = this.#agent;
    return { main: cpuMsIn(`/proc/${pid}/task/${pid}/stat`), all: cpuMsIn(`/proc/${pid}/stat`) };
  }

  /** How many threads it has, and what each has used of the processor, by the name the system has for it. */
  get threads(): readonly { readonly name: string; readonly cpuMs: number }[] {
    const tasks = `/proc/${this.#agent.pid}/task`;
    return readdirSync(tasks).map((id) => ({
      name: readFileSync(`${tasks}/${id}/comm`, "utf8").trim(),
      cpuMs: cpuMsIn(`${tasks}/${id}/stat`),
    }));
  }

  get residentMB(): number {
    return this.#megabytes("VmRSS");
  }

  async memory(): Promise<Memory> {
    const resident = this.residentMB;
    await this.inspector.ask("HeapProfiler.collectGarbage");
    const { heapUsed, external } = await this.inspector.evaluate<NodeJS.MemoryUsage>("process.memoryUsage()");
    return { resident, peakResident: this.#megabytes("VmHWM"), heap: heapUsed / 2 ** 20, buffers: external / 2 ** 20 };
  }

  /** Ends it and removes its data. What it said last is printed if it has ended before. */
  async dispose(): Promise<void> {
    this.inspector.close();
    const { exitCode, signalCode } = this.#agent;
    if (exitCode !== null || signalCode !== null) {
      const said = readFileSync(join(this.#directory, "server.hcl.log"), "utf8").slice(-longestWords);
      console.log(`the server has ended with ${exitCode ?? signalCode}: ${said}`);
    }
    await end(this.#agent, "SIGKILL");
    await rm(this.#directory, { recursive: true, force: true });
  }

  #megabytes(field: string): number {
    const line = new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${this.#agent.pid}/status`, "utf8"));
    return Math.round(Number(line?.[1]) / 1024);
  }
}

function cpuMsIn(path: string): number {
  const fields = readFileSync(path, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) * millisecondsPerTick;
}
