import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { freePorts } from "../support/nomad.ts";

/** Debian's serf, or why there is none. */
export const withoutSerf: string | false = (() => {
  try {
    execFileSync("serf", ["version"], { stdio: "ignore" });
    return false;
  } catch {
    return "Debian's serf is not installed (apt-get install --no-install-recommends serf)";
  }
})();

/** The tags that make a member a Nomad server of another region, which no Raft quorum here counts on. */
export const serverTags = {
  role: "nomad",
  region: "elsewhere",
  dc: "dc9",
  vsn: "1",
  mvn: "1",
  build: "0.4.1",
  port: "4647",
};

/** A serf agent in a process of its own, on a port of loopback that no other test uses. */
export class SerfAgent {
  readonly address: string;
  readonly name: string;
  readonly #rpc: string;
  readonly #child: ChildProcess;
  #output = "";

  static async start(name: string, options: { readonly key?: Buffer; readonly args?: readonly string[] } = {}) {
    const [port, rpcPort] = await freePorts(2);
    const agent = new SerfAgent(name, port as number, rpcPort as number, options);
    await agent.wrote("Serf agent running!");
    return agent;
  }

  private constructor(
    name: string,
    port: number,
    rpcPort: number,
    { key, args = [] }: { readonly key?: Buffer; readonly args?: readonly string[] },
  ) {
    this.name = name;
    this.address = `127.0.0.1:${port}`;
    this.#rpc = `-rpc-addr=127.0.0.1:${rpcPort}`;
    const tags = Object.entries(serverTags).flatMap(([tag, value]) => ["-tag", `${tag}=${value}`]);
    const encrypt = key === undefined ? [] : [`-encrypt=${key.toString("base64")}`];
    const common = [`-node=${name}`, `-bind=${this.address}`, this.#rpc, "-protocol=4", "-log-level=debug"];
    this.#child = spawn("serf", ["agent", ...common, ...encrypt, ...tags, ...args], { stdio: "pipe" });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on("data", (bytes) => {
        this.#output += bytes;
      });
    }
  }

  get output(): string {
    return this.#output;
  }

  /** Resolves when the agent has printed `text`. */
  async wrote(text: string): Promise<void> {
    while (!this.#output.includes(text)) {
      if (this.#child.exitCode !== null) throw new Error(`serf ended: ${this.#output}`);
      await Promise.race([once(this.#child.stdout as NodeJS.EventEmitter, "data"), once(this.#child, "exit")]);
    }
  }

  /** Runs a command of serf against this agent. */
  command(name: string, ...args: readonly string[]): Promise<string> {
    return new Promise((resolve, reject) => {
      execFile("serf", [name, this.#rpc, ...args], { timeout: 30_000 }, (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new Error(`serf ${name}: ${stdout}${stderr}`));
      });
    });
  }

  /** The members as this agent sees them, by name. */
  async members(): Promise<Map<string, { readonly status: string; readonly tags: Record<string, string> }>> {
    const { members } = JSON.parse(await this.command("members", "-format=json"));
    return new Map(members.map((member: { name: string }) => [member.name, member]));
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await ended;
  }
}
