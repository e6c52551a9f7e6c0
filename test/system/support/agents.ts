import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually, type Finished, freePorts, nomad, nomadProgram } from "./nomad.ts";
import { removeDirectory } from "./remove-directory.ts";

/** How long one question may take before it counts as not answered, in milliseconds. */
const answerTime = 10_000;

/** Of an agent's output, where it does not come to what is waited for. */
const linesShown = 30;

/** How an agent is to be, as HCL; the ports of others are filled in by their names. */
export interface AgentPlan {
  readonly name: string;
  /** Top-level keys and blocks, but for name, data directory and ports. */
  readonly settings: string;
  /** Flags besides `-config`. */
  readonly flags?: readonly string[];
  /** The command that it is, if it is not the one of this checkout. */
  readonly program?: string;
}

/** Agents of the built command, each of its own kind: of several regions, with keys, or leaving on a signal. */
export class Agents {
  readonly #directory: string;
  readonly #agents: TestAgent[] = [];

  private constructor(directory: string) {
    this.#directory = directory;
  }

  static async begin(): Promise<Agents> {
    return new Agents(await mkdtemp(join(tmpdir(), "nomad-agents-")));
  }

  /** Chooses a place for an agent; it is not started yet. */
  async place(name: string, program?: string): Promise<TestAgent> {
    const [http = 0, rpc = 0, serf = 0] = await freePorts(3);
    const agent = new TestAgent(name, join(this.#directory, name), { http, rpc, serf }, program);
    this.#agents.push(agent);
    return agent;
  }

  async start({ name, settings, flags, program }: AgentPlan): Promise<TestAgent> {
    const agent = await this.place(name, program);
    await agent.start(settings, flags);
    return agent;
  }

  async file(name: string, text: string): Promise<string> {
    await writeFile(join(this.#directory, name), text);
    return join(this.#directory, name);
  }

  /** Ends all agents at once; their tasks go on. */
  async kill(): Promise<void> {
    await Promise.all(this.#agents.map((agent) => agent.kill()));
  }

  /** Ends all tasks and agents, and removes what they kept. */
  async dispose(): Promise<void> {
    for (const agent of this.#agents) agent.signal("SIGCONT");
    for (const agent of this.#agents) await agent.stopJobs().catch(() => undefined);
    await this.kill();
    await removeDirectory(this.#directory);
  }
}

/** One agent, which may live several times in one place. */
export class TestAgent {
  readonly name: string;
  readonly dataDirectory: string;
  readonly address: string;
  readonly rpc: string;
  readonly serf: string;
  readonly #place: string;
  readonly #ports: string;
  readonly #program: string;
  #command: readonly string[] = [];
  #env: Readonly<Record<string, string>> = {};
  #child: ChildProcess | undefined;

  constructor(
    name: string,
    place: string,
    { http, rpc, serf }: { http: number; rpc: number; serf: number },
    program = nomadProgram,
  ) {
    this.#program = program;
    this.name = name;
    this.dataDirectory = `${place}.data`;
    this.address = `http://127.0.0.1:${http}`;
    this.rpc = `127.0.0.1:${rpc}`;
    this.serf = `127.0.0.1:${serf}`;
    this.#place = place;
    this.#ports = `ports { http = ${http} rpc = ${rpc} serf = ${serf} }`;
  }

  /** `env` is added to our own environment. */
  async start(
    settings: string,
    flags: readonly string[] = [],
    env: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    await this.configure(settings);
    this.#env = env;
    this.#command = [this.#program, "agent", "-config", `${this.#place}.hcl`, ...flags];
    this.restart();
  }

  /** Writes the configuration anew, for a restart or a hangup. */
  configure(settings: string): Promise<void> {
    const where = `name = "${this.name}"\ndata_dir = "${this.dataDirectory}"\n${this.#ports}`;
    return writeFile(`${this.#place}.hcl`, `${where}\n${settings}\n`);
  }

  restart(): void {
    this.#child = spawn("/bin/sh", ["-c", `exec "$0" "$@" >> '${this.#place}.log' 2>&1`, ...this.#command], {
      stdio: "ignore",
      env: { ...process.env, TZ: "UTC", ...this.#env },
    });
  }

  get pid(): number {
    return this.#child?.pid ?? -1;
  }

  signal(name: NodeJS.Signals): void {
    if (this.#isRunning()) this.#child?.kill(name);
  }

  /** Sends a signal; resolves with the exit code, or undefined when the signal itself ended the agent. */
  async end(name: NodeJS.Signals): Promise<number | undefined> {
    this.signal(name);
    return this.exitCode();
  }

  async exitCode(): Promise<number | undefined> {
    if (this.#child !== undefined && this.#isRunning()) await once(this.#child, "exit");
    return this.#child?.exitCode ?? undefined;
  }

  async kill(): Promise<void> {
    await this.end("SIGKILL");
  }

  /** What the agent has printed in all its lives. */
  output(): Promise<string> {
    return readFile(`${this.#place}.log`, "utf8");
  }

  /** Waits until the agent has printed what fits `pattern`, so many times. */
  async says(pattern: RegExp, { times = 1, seconds = 60 } = {}): Promise<void> {
    const said = async () => [...(await this.output()).matchAll(new RegExp(pattern, "g"))].length;
    try {
      await eventually(`${this.name} says ${pattern}`, async () => (await said()) >= times || undefined, seconds);
    } catch (error) {
      throw new Error(`${(error as Error).message}\n${await this.#lastLines()}`, { cause: error });
    }
  }

  async ask(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`${this.address}${path}`, { signal: AbortSignal.timeout(answerTime), ...init });
  }

  /** Rejects when the agent does not answer, or refuses. */
  async get<Answer>(path: string): Promise<Answer> {
    const answer = await this.ask(path);
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as Answer;
  }

  /** Waits until an answer of the agent passes. What refuses or does not answer has not passed. */
  seen<Answer>(what: string, path: string, passes: (answer: Answer) => boolean, seconds = 30): Promise<Answer> {
    let last: Answer | undefined;
    return eventually(
      `${this.name}: ${what}`,
      async () => {
        last = await this.get<Answer>(path).catch(() => undefined);
        return last !== undefined && passes(last) ? last : undefined;
      },
      seconds,
    ).catch(async (error: Error) => {
      throw new Error(`${error.message}; last: ${JSON.stringify(last)}\n${await this.#lastLines()}`, { cause: error });
    });
  }

  /** Waits until the server sees members in these states, by their names. */
  async sees(states: Readonly<Record<string, string>>, seconds = 30): Promise<void> {
    await this.seen<readonly { readonly Name: string; readonly Status: string }[]>(
      `sees ${JSON.stringify(states)}`,
      "/v1/agent/members",
      (members) =>
        Object.entries(states).every(([name, status]) =>
          members.some((member) => member.Name === name && member.Status === status),
        ),
      seconds,
    );
  }

  /** Waits until the server's region has a leader. */
  async knowsLeader(): Promise<string> {
    return this.seen<string>("knows a leader", "/v1/status/leader", (leader) => leader !== "");
  }

  nomad(...args: readonly string[]): Promise<Finished> {
    return nomad(args, { address: this.address });
  }

  async stopJobs(): Promise<void> {
    if (!this.#isRunning()) return;
    const jobs = await this.get<readonly { readonly ID: string; readonly Status: string }[]>("/v1/jobs");
    for (const { ID } of jobs) await this.nomad("stop", "-detach", "-yes", ID);
    type Statuses = readonly { readonly ClientStatus: string }[];
    const ended = (all: Statuses) => all.every(({ ClientStatus }) => ClientStatus !== "running");
    await this.seen<Statuses>("tasks have ended", "/v1/allocations", ended, 10);
  }

  async #lastLines(): Promise<string> {
    return (await this.output()).split("\n").slice(-linesShown).join("\n");
  }

  #isRunning(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }
}
