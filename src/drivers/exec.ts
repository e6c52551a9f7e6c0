import { seconds } from "../base/index.ts";
import type { Runtime } from "../runtime/index.ts";
import { type CommandConfig, commandConfig, findCommand } from "./command.ts";
import type { Driver, DriverCapabilities, Fingerprint, RunningTask, TaskConfig, TaskHandle } from "./driver.ts";
import { Isolation, isolatedCapabilities } from "./isolation.ts";
import { lookingAgain } from "./looking-again.ts";
import { type DriverSettings, defaultDriverSettings } from "./settings.ts";

const lookEvery = seconds(15);

/** Runs a command isolated from the host, as `nobody` unless the job names a user. */
export class ExecDriver implements Driver<CommandConfig> {
  readonly name = "exec";
  readonly config = commandConfig;
  readonly capabilities: DriverCapabilities = { ...isolatedCapabilities, fingerprintEvery: lookEvery };
  readonly #runtime: Runtime;
  readonly #isolation: Isolation;

  constructor(runtime: Runtime, settings: DriverSettings = defaultDriverSettings) {
    this.#runtime = runtime;
    this.#isolation = new Isolation(runtime, this.name, settings);
  }

  fingerprint(_options: Readonly<Record<string, string>>, signal: AbortSignal): AsyncGenerator<Fingerprint> {
    const look = async () => {
      const obstacle = await this.#isolation.obstacle();
      return obstacle === undefined ? { attributes: {} } : { obstacle };
    };
    return lookingAgain(this.#runtime, { name: this.name, every: lookEvery, look }, signal);
  }

  start(task: TaskConfig<CommandConfig>): Promise<RunningTask> {
    return this.#isolation.start(task, async () => {
      const { disk, processes } = this.#runtime;
      const { command, args } = task.config;
      const place = { directories: task.directories, hostPath: processes.environment.PATH ?? "" };
      const { pathInside } = await findCommand(disk, command, place);
      return { args: [pathInside, ...args] };
    });
  }

  recover(handle: TaskHandle): Promise<RunningTask | undefined> {
    return this.#isolation.recover(handle);
  }
}
