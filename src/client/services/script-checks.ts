import { formatGoDuration, times } from "../../base/index.ts";
import { type CheckStatus, type ConsulApi, ConsulRefusal, ConsulSilent } from "../../consul/index.ts";
import type { ExecResult, RunningTask } from "../../drivers/index.ts";
import { type Log, pause, type Runtime } from "../../runtime/index.ts";
import type { Values } from "../task/interpolation.ts";
import type { ScriptCheck } from "./service-entries.ts";

/** So much of what a script prints last is told. Source: Nomad 0.4.1. */
const outputBytes = 4096;

/** What scripts are run with. */
export interface ScriptSurroundings {
  readonly runtime: Pick<Runtime, "clock" | "random" | "log">;
  readonly consul: ConsulApi;
  readonly running: RunningTask;
  /** The task's. */
  readonly env: Values;
}

/** Runs the scripts that check one run of a task, each at its interval, and tells Consul what they say. */
export class ScriptChecks {
  readonly #surroundings: ScriptSurroundings;
  readonly #log: Log;
  readonly #scripts = new Map<string, AbortController>();
  readonly #statuses = new Map<string, CheckStatus>();

  constructor(surroundings: ScriptSurroundings) {
    this.#surroundings = surroundings;
    this.#log = surroundings.runtime.log.named("consul");
  }

  /** How a check fared last; empty when it has not been run yet. */
  lastStatus(check: string): CheckStatus | "" {
    return this.#statuses.get(check) ?? "";
  }

  /** From now on runs these scripts and no others. */
  set(scripts: readonly ScriptCheck[]): void {
    const wanted = new Map(scripts.map((script) => [script.id, script]));
    for (const [id, running] of this.#scripts) {
      if (wanted.has(id)) continue;
      running.abort();
      this.#scripts.delete(id);
      this.#statuses.delete(id);
    }
    for (const [id, script] of wanted) {
      if (this.#scripts.has(id)) continue;
      const ending = new AbortController();
      this.#scripts.set(id, ending);
      this.#repeat(script, ending.signal).catch((error) => {
        this.#log.error("a script check has ended", { check: id, reason: String(error) });
      });
    }
  }

  /** Ends all scripts that run. */
  stop(): void {
    this.set([]);
  }

  /** The first run comes at any time within the first interval, so that those of many tasks do not come together. */
  async #repeat(script: ScriptCheck, signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#surroundings.runtime;
    let wait = times(script.interval, random.fraction());
    while (await pause(clock, wait, signal)) {
      const { status, output } = await this.#outcome(script, signal);
      if (signal.aborted) return;
      this.#statuses.set(script.id, status);
      await this.#tell(script, status, output, signal);
      wait = script.interval;
    }
  }

  async #outcome(
    { command, args, timeout }: ScriptCheck,
    signal: AbortSignal,
  ): Promise<{ readonly status: CheckStatus; readonly output: string }> {
    const { running, env } = this.#surroundings;
    if (running.exec === undefined) return { status: "critical", output: "the task's driver runs no scripts" };
    try {
      const result = await running.exec(command, args, { env, timeout, outputBytes, signal });
      const late = `the script did not end within ${formatGoDuration(timeout)}`;
      return { status: statusOf(result), output: result.timedOut ? late : result.output };
    } catch (error) {
      return { status: "critical", output: error instanceof Error ? error.message : String(error) };
    }
  }

  /** Consul may be away, or not know of the check yet: it is told when the check is registered, and at the next run. */
  async #tell({ id }: ScriptCheck, status: CheckStatus, output: string, signal: AbortSignal): Promise<void> {
    try {
      await this.#surroundings.consul.tellCheck(id, status, output, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ConsulSilent || error instanceof ConsulRefusal)) throw error;
      this.#log.debug("the outcome of a script is not told", { check: id, reason: error.message });
    }
  }
}

function statusOf({ exitCode, timedOut }: ExecResult): CheckStatus {
  if (timedOut) return "critical";
  if (exitCode === 0) return "passing";
  return exitCode === 1 ? "warning" : "critical";
}
