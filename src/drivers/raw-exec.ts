import { parseGoBoolean } from "../base/index.ts";
import type { Runtime, SupervisedProcess } from "../runtime/index.ts";
import { type CommandConfig, commandConfig, findCommand } from "./command.ts";
import {
  type Driver,
  type DriverCapabilities,
  DriverStartError,
  type Fingerprint,
  type RunningTask,
  type TaskConfig,
  type TaskHandle,
} from "./driver.ts";
import { processSamples } from "./samples.ts";
import { runningTask } from "./supervised-run.ts";
import { taskUser } from "./task-user.ts";

/** The client option that switches this driver on. */
const enableOption = "driver.raw_exec.enable";

/** Where a run's supervisor has its files, where the task runs, and as whom; empty means the agent's user. */
interface Place {
  readonly supervision: string;
  readonly directory: string;
  readonly user: string;
}

/** Runs a command as it is, with the agent's rights and no isolation; so only where the operator allows it. */
export class RawExecDriver implements Driver<CommandConfig> {
  readonly name = "raw_exec";
  readonly config = commandConfig;
  readonly capabilities: DriverCapabilities = { hostEnvironment: true };
  readonly #runtime: Runtime;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  async *fingerprint(options: Readonly<Record<string, string>>): AsyncGenerator<Fingerprint> {
    const isEnabled = parseGoBoolean(options[enableOption] ?? "false") ?? false;
    yield isEnabled
      ? { detected: true, healthy: true, description: "Healthy", attributes: { "driver.raw_exec": "1" } }
      : { detected: false, healthy: false, description: `client option "${enableOption}" is not true`, attributes: {} };
  }

  async start(task: TaskConfig<CommandConfig>): Promise<RunningTask> {
    const { disk, processes } = this.#runtime;
    const { directories } = task;
    const { path } = await findCommand(disk, task.config.command, {
      directories,
      hostPath: processes.environment.PATH ?? "",
    });
    const program = {
      command: path,
      args: task.config.args,
      env: task.env,
      workingDirectory: directories.task,
      user: await this.#userOf(task.user),
    };
    try {
      const supervised = await processes.supervise(program, directories.supervision);
      return this.#running(supervised, {
        supervision: directories.supervision,
        directory: directories.task,
        user: task.user,
      });
    } catch (cause) {
      throw new DriverStartError((cause as Error).message, { cause });
    }
  }

  async recover(handle: TaskHandle): Promise<RunningTask | undefined> {
    const { supervision, directory = "/", user = "" } = handle.fields;
    if (supervision === undefined) return undefined;
    const supervised = await this.#runtime.processes.recover(supervision);
    return supervised && this.#running(supervised, { supervision, directory, user });
  }

  async #userOf(user: string) {
    return user === "" ? undefined : taskUser(this.#runtime.processes, user);
  }

  #running(supervised: SupervisedProcess, place: Place): RunningTask {
    return runningTask(this.#runtime.clock, {
      handle: { driver: this.name, fields: { ...place } },
      supervised,
      // As a terminal does it: a shell that waits for its child would keep the signal to itself.
      ask: async (signal) => supervised.signal(signal, { group: true }),
      beside: async (command, args, env) => {
        const user = await this.#userOf(place.user);
        const program = { command, args, env, workingDirectory: place.directory, user };
        return { program, done: async () => {} };
      },
      stats: (options, signal) => processSamples(this.#runtime, supervised, options, signal),
    });
  }
}
