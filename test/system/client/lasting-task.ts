import { existsSync, readFileSync } from "node:fs";
import { readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { TestAgent } from "../support/agents.ts";
import { eventually } from "../support/nomad.ts";

/** Settings of one agent that is server and client, and keeps what it has. */
export const serverAndClient = `server { enabled = true bootstrap_expect = 1 }
client { enabled = true network_interface = "lo" options { "driver.raw_exec.enable" = "1" } }`;

export interface AllocationSeen {
  readonly ID: string;
  readonly ClientStatus: string;
  readonly DesiredStatus: string;
  readonly TaskStates: Readonly<
    Record<
      string,
      { readonly Events: readonly { readonly Type: string; readonly ExitCode: number; readonly Message: string }[] }
    >
  >;
}

/** A job of one task that says what becomes of it in files of `directory`, and counts lines. */
export class LastingTask {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /**
   * The task holds a lock as long as it lives, so that a second one beside it would be told; writes down its process at
   * each start; prints numbers until the file `end` is there, and exits with what that holds.
   */
  job(restart = 'restart { attempts = 0 mode = "fail" interval = "10m" delay = "1s" }'): string {
    const end = join(this.#directory, "end");
    return this.#jobOf(restart, [
      `i=0; while [ ! -e ${end} ]; do i=$((i+1)); echo $i; sleep 0.01 9>&-; done`,
      `exit $(cat ${end})`,
    ]);
  }

  /** The task fails after a moment, and is started again after another, over and over. */
  failingJob(): string {
    const restart = 'restart { attempts = 100000 mode = "delay" interval = "24h" delay = "50ms" }';
    return this.#jobOf(restart, ["sleep 0.1 9>&-", "exit 1"]);
  }

  #jobOf(restart: string, does: readonly string[]): string {
    const at = (name: string) => join(this.#directory, name);
    const script = [
      `exec 9>>${at("lock")}`,
      `flock -n 9 || { echo $$ >> ${at("doubles")}; exit 99; }`,
      `echo $$ >> ${at("starts")}`,
      ...does,
    ].join("\n");
    return `job "lasting" {
  datacenters = ["dc1"]
  type = "batch"
  group "g" {
    ${restart}
    task "count" {
      driver = "raw_exec"
      config { command = "/bin/sh" args = ["-c", <<EOS
${script}
EOS
      ] }
      resources { cpu = 20 memory = 16 disk = 150 }
    }
  }
}
`;
  }

  /** Has it exit with a code; whole at once, for it reads the file as soon as it is there. */
  async end(code: number): Promise<void> {
    const path = join(this.#directory, "end");
    await writeFile(`${path}.new`, `${code}`);
    await rename(`${path}.new`, path);
  }

  /** The process of each start so far. */
  starts(): readonly number[] {
    return this.#lines("starts").map(Number);
  }

  /** Starts that found another copy of the task running. */
  doubles(): readonly string[] {
    return this.#lines("doubles");
  }

  /** The process of the newest start, once there are as many. */
  pid(starts = 1): Promise<number> {
    return eventually(`the task has begun ${starts} times`, () => this.starts()[starts - 1], 30);
  }

  isAlive(pid: number): boolean {
    return existsSync(`/proc/${pid}`) && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "latin1"));
  }

  /** The process that stands over the task. */
  supervisorOf(pid: number): number {
    return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1]);
  }

  #lines(name: string): readonly string[] {
    const path = join(this.#directory, name);
    return existsSync(path) ? readFileSync(path, "utf8").split("\n").filter(Boolean) : [];
  }
}

/** The job's newest allocation, once it passes. */
export async function allocationOf(
  agent: TestAgent,
  what: string,
  passes: (allocation: AllocationSeen) => boolean,
): Promise<AllocationSeen> {
  const all = await agent.seen<readonly AllocationSeen[]>(
    what,
    "/v1/job/lasting/allocations",
    ([first]) => {
      return first !== undefined && passes(first);
    },
    60,
  );
  return all[0] as AllocationSeen;
}

/** All that a task has printed, from its log files in their order. */
export async function printed(client: TestAgent, allocation: string): Promise<string> {
  const directory = join(client.dataDirectory, "alloc", allocation, "alloc/logs");
  const names = (await readdir(directory)).filter((name) => name.startsWith("count.stdout."));
  names.sort((a, b) => Number(a.split(".").at(-1)) - Number(b.split(".").at(-1)));
  const files = await Promise.all(names.map((name) => readFile(join(directory, name), "utf8")));
  return files.join("");
}

/** A task's story, as far as it was told. */
export function storyOf({ TaskStates }: AllocationSeen): readonly string[] {
  return (TaskStates.count?.Events ?? []).map(({ Type, ExitCode }) =>
    Type === "Terminated" ? `${Type} ${ExitCode}` : Type,
  );
}
