import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";

export const checkout = fileURLToPath(new URL("../../..", import.meta.url));
export const nomadProgram = join(checkout, "bin", "nomad");

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built command to its end. */
export function nomad(
  args: readonly string[],
  options: {
    readonly address?: string;
    readonly cwd?: string;
    readonly input?: string;
    readonly program?: string;
  } = {},
): Promise<Finished> {
  const env = { ...process.env, TZ: "UTC", ...(options.address && { NOMAD_ADDR: options.address }) };
  return new Promise((resolve) => {
    const child = execFile(
      options.program ?? nomadProgram,
      [...args],
      { env, cwd: options.cwd, timeout: 60_000, maxBuffer: 1 << 26 },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
        resolve({ code, stdout, stderr });
      },
    );
    child.stdin?.end(options.input ?? "");
  });
}

/** The text without the escape sequences of colours. */
export function plain(text: string): string {
  return stripVTControlCharacters(text);
}

/** Waits until `probe` gives something; fails with what it last knew when `seconds` are over. */
export async function eventually<Value>(
  what: string,
  probe: () => Promise<Value | undefined> | Value | undefined,
  seconds = 20,
  everyMs = 25,
): Promise<Value> {
  // Not by the wall clock, which may be set meanwhile.
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const found = await probe();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`Not within ${seconds} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

/** A dev agent of the built command, on ports of its own, with everything it prints. */
export class DevAgent {
  readonly address: string;
  readonly directory: string;
  readonly #child: ChildProcess;
  #output = "";
  #errors = "";

  private constructor(child: ChildProcess, address: string, directory: string) {
    this.#child = child;
    this.address = address;
    this.directory = directory;
    child.stdout?.on("data", (chunk) => {
      this.#output += chunk;
    });
    child.stderr?.on("data", (chunk) => {
      this.#errors += chunk;
    });
  }

  /** Starts an agent and waits until its node is ready. `config` is HCL, added to the ports. */
  static async start(options: { readonly config?: string; readonly name?: string } = {}): Promise<DevAgent> {
    const directory = await mkdtemp(join(tmpdir(), "nomad-system-"));
    const [http, rpc, serf] = await freePorts(3);
    const file = join(directory, "agent.hcl");
    await writeFile(file, `ports { http = ${http} rpc = ${rpc} serf = ${serf} }\n${options.config ?? ""}\n`);
    const args = ["agent", "-dev", "-config", file, "-node", options.name ?? "vm"];
    const child = spawn(nomadProgram, args, {
      cwd: directory,
      env: { ...process.env, TZ: "UTC", TMPDIR: directory },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const agent = new DevAgent(child, `http://127.0.0.1:${http}`, directory);
    await eventually(`the node is ready:\n${agent.output}${agent.errors}`, async () => {
      if (child.exitCode !== null) throw new Error(`the agent ended: ${agent.output}${agent.errors}`);
      const nodes = await agent.get("/v1/nodes").catch(() => []);
      return Array.isArray(nodes) && nodes[0]?.Status === "ready" ? true : undefined;
    });
    return agent;
  }

  get output(): string {
    return this.#output;
  }

  get errors(): string {
    return this.#errors;
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  // biome-ignore lint/suspicious/noExplicitAny: the shapes of answers are what these tests look into
  async get(path: string): Promise<any> {
    const answer = await fetch(`${this.address}${path}`);
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  run(args: readonly string[], options: { readonly cwd?: string; readonly input?: string } = {}): Promise<Finished> {
    return nomad(args, { address: this.address, cwd: this.directory, ...options });
  }

  /** Writes a job file into the agent's directory and returns its name. */
  async jobFile(name: string, text: string): Promise<string> {
    await writeFile(join(this.directory, name), text);
    return name;
  }

  /** Sends a signal and waits for the end; resolves with the exit code. */
  async end(signal: NodeJS.Signals = "SIGINT"): Promise<number | null> {
    if (this.#child.exitCode === null) {
      const exited = once(this.#child, "exit");
      this.#child.kill(signal);
      await exited;
    }
    return this.#child.exitCode;
  }

  /** Ends the agent if it still runs, and removes its directory. */
  async dispose(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await this.end("SIGKILL");
    await rm(this.directory, { recursive: true, force: true });
  }
}

/**
 * Ports that the system does not give to connections (32768 and above) nor agents to tasks (20000 and above): whoever
 * asks for one of those may find it taken when it comes to listen there.
 */
const [firstPort, portCount] = [10_000, 10_000];
/** Test processes that run side by side begin somewhere else. */
let nextPort = randomInt(portCount);

/** Ports of 127.0.0.1 that nobody uses, for TCP and UDP; in one process never the same twice. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const port = firstPort + (nextPort++ % portCount);
    if (await isFree(port)) ports.push(port);
  }
  return ports;
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const socket = createSocket("udp4");
  try {
    await once(server.listen(port, "127.0.0.1"), "listening");
    socket.bind(port, "127.0.0.1");
    await once(socket, "listening");
    return true;
  } catch {
    return false;
  } finally {
    server.close();
    socket.close();
  }
}
