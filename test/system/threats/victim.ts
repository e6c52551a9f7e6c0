import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { eventually, freePorts, nomadProgram } from "../support/nomad.ts";

/** What somebody who asked meanwhile felt; times in milliseconds. */
export interface Felt {
  readonly asked: number;
  readonly failures: number;
  readonly worst: number;
  readonly median: number;
}

/** What they felt of an attack. */
export interface Disturbance extends Felt {
  /** By how much the worst answer was later than the worst before the attack: what the machine does besides counts not. */
  readonly disturbance: number;
}

export interface VictimOptions {
  /** HCL, added to what makes it a server that leads alone. */
  readonly config?: string;
  /** Also a client, with raw_exec. */
  readonly client?: boolean;
  /** `ulimit -n` of its process. */
  readonly descriptors?: number;
}

const clientConfig = `client { enabled = true network_interface = "lo" options { "driver.raw_exec.enable" = "1" } }`;

/** A server of the built command in a process of its own, to be treated badly and looked at from outside. */
export class Victim {
  readonly http: number;
  readonly rpc: number;
  readonly serf: number;
  readonly #directory: string;
  readonly #child: ChildProcess;
  #probe: Worker | undefined;
  /** The worst that a bystander felt before the attack. */
  #calm = 0;

  private constructor(child: ChildProcess, directory: string, ports: readonly [number, number, number]) {
    this.#child = child;
    this.#directory = directory;
    [this.http, this.rpc, this.serf] = ports;
  }

  /** Starts one; resolves when it leads, with a node that is ready if it is a client too. */
  static async start({ config = "", client = false, descriptors }: VictimOptions = {}): Promise<Victim> {
    const directory = await mkdtemp(join(tmpdir(), "nomad-victim-"));
    const ports = (await freePorts(3)) as readonly [number, number, number];
    const [http, rpc, serf] = ports;
    const file = join(directory, "agent.hcl");
    const server = "server { enabled = true bootstrap_expect = 1 }";
    await writeFile(
      file,
      `name = "victim"\ndata_dir = "${directory}/data"\nports { http = ${http} rpc = ${rpc} serf = ${serf} }\n${server}\n${
        client ? clientConfig : ""
      }\n${config}\n`,
    );
    const limit = descriptors === undefined ? "" : `ulimit -n ${descriptors} && `;
    const script = `${limit}exec "$0" agent -config "$1" > "$2" 2>&1`;
    const child = spawn("/bin/sh", ["-c", script, nomadProgram, file, join(directory, "log")], { stdio: "ignore" });
    const victim = new Victim(child, directory, ports);
    try {
      await eventually(
        "the agent leads",
        async () => {
          if (child.exitCode !== null) throw new Error(`the agent ended:\n${await victim.log()}`);
          const nodes = await fetch(`${victim.address}/v1/nodes`).catch(() => undefined);
          if (nodes?.ok !== true) return undefined;
          const all = (await nodes.json()) as { readonly Status: string }[];
          return !client || all[0]?.Status === "ready" || undefined;
        },
        60,
      );
      return victim;
    } catch (error) {
      await victim.dispose();
      throw error;
    }
  }

  get address(): string {
    return `http://127.0.0.1:${this.http}`;
  }

  /** Whether its process still runs. */
  get lives(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Resident memory now, in MB. */
  async memory(): Promise<number> {
    return (await this.#statusField("VmRSS")) / 1024;
  }

  /** Runs `attack`, and says by how many MB resident memory rose above what it was before, at its highest. */
  async growth(attack: () => Promise<unknown>): Promise<number> {
    await writeFile(`/proc/${this.#child.pid}/clear_refs`, "5");
    const before = await this.memory();
    await attack();
    return (await this.#statusField("VmHWM")) / 1024 - before;
  }

  /** How many descriptors it has open. */
  async descriptors(): Promise<number> {
    return (await readdir(`/proc/${this.#child.pid}/fd`)).length;
  }

  /** Processor time it has used, in seconds. */
  async processorTime(): Promise<number> {
    const stat = await readFile(`/proc/${this.#child.pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }

  /** All it has printed. */
  log(): Promise<string> {
    return readFile(join(this.#directory, "log"), "utf8");
  }

  /** What it prints while `attack` goes on, line by line. */
  async linesDuring(attack: () => Promise<unknown>): Promise<readonly string[]> {
    const before = (await this.log()).length;
    await attack();
    return (await this.log())
      .slice(before)
      .split("\n")
      .filter((line) => line !== "");
  }

  /** Lets a bystander ask every `every` milliseconds from now on, until `felt` or `dispose`. */
  async watch(every = 10): Promise<void> {
    this.#probe ??= new Worker(new URL("probe.ts", import.meta.url), { workerData: { address: this.address, every } });
    await new Promise((resolve) => setTimeout(resolve, 300));
    await this.#sinceLast();
    await new Promise((resolve) => setTimeout(resolve, 700));
    this.#calm = (await this.#sinceLast()).worst;
  }

  /** What the bystander felt since `watch`, or since it was last asked. */
  async felt(): Promise<Disturbance> {
    await new Promise((resolve) => setTimeout(resolve, 50));
    const felt = await this.#sinceLast();
    return { ...felt, disturbance: felt.worst - this.#calm };
  }

  /** A connection to one of its ports; what goes wrong with it is no error of the test. */
  async dial(port: number): Promise<Socket> {
    const socket = connect({ host: "127.0.0.1", port });
    await once(socket, "connect");
    socket.on("error", () => {});
    return socket;
  }

  async dispose(): Promise<void> {
    await this.#probe?.terminate();
    if (this.lives) {
      const ended = once(this.#child, "exit");
      this.#child.kill("SIGKILL");
      await ended;
    }
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #sinceLast(): Promise<Felt> {
    const answer = once(this.#probe as Worker, "message");
    this.#probe?.postMessage("tell");
    return (await answer)[0] as Felt;
  }

  async #statusField(name: string): Promise<number> {
    const status = await readFile(`/proc/${this.#child.pid}/status`, "utf8");
    return Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? Number.NaN);
  }
}

/** Starts a victim for one attack, and looks afterwards whether it lives and answers. */
export async function withVictim(
  attack: (victim: Victim) => Promise<void>,
  options: VictimOptions = {},
): Promise<void> {
  const victim = await Victim.start(options);
  try {
    await attack(victim);
    assert.ok(victim.lives, await victim.log());
    assert.equal((await fetch(`${victim.address}/v1/status/leader`)).status, 200);
  } finally {
    await victim.dispose();
  }
}

/** Registers a job; `fields` are those besides what every job has. */
export async function registerJob(victim: Victim, fields: { readonly ID: string; readonly [field: string]: unknown }) {
  const Job = { Name: fields.ID, Region: "global", Type: "service", Priority: 50, Datacenters: ["dc1"], ...fields };
  const answer = await fetch(`${victim.address}/v1/jobs`, { method: "PUT", body: JSON.stringify({ Job }) });
  assert.equal(answer.status, 200, await answer.text());
}
