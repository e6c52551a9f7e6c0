import { join } from "node:path";
import * as z from "zod";
import { parseGoBoolean } from "../base/index.ts";
import type { Program, Runtime, SupervisedProcess } from "../runtime/index.ts";
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
import { textIfThere } from "./oci-runtime.ts";
import { runningTask } from "./supervised-run.ts";
import { taskUser } from "./task-user.ts";
import { processMeter } from "./usage-meters.ts";

/** The client option that switches this driver on. */
const enableOption = "driver.raw_exec.enable";

/** Where a task runs, and as whom; empty means the agent's user. */
const place = z.object({ directory: z.string(), user: z.string() });
type Place = Readonly<z.infer<typeof place>>;

/** Keeps a run's place in its supervision directory, for an agent that has no handle of it. */
const placeFile = "place.json";

/** Runs a command as it is, with the agent's rights and no isolation; so only where the operator allows it. */
export class RawExecDriver implements Driver<CommandConfig> {
  readonly name = "raw_exec";
  readonly config = commandConfig;
  readonly capabilities: DriverCapabilities = { hostEnvironment: true, isSupervised: true };
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
    const { directories, user } = task;
    const { supervision } = directories;
    const { path } = await findCommand(disk, task.config.command, {
      directories,
      hostPath: processes.environment.PATH ?? "",
    });
    const program = {
      command: path,
      args: task.config.args,
      env: task.env,
      workingDirectory: directories.task,
      user: await this.#userOf(user),
    };
    const place = { directory: directories.task, user };
    try {
      const files = { [placeFile]: JSON.stringify(place) };
      return this.#running(await processes.supervise(program, supervision, { files }), supervision, place);
    } catch (cause) {
      throw new DriverStartError((cause as Error).message, { cause });
    }
  }

  async recover(handle: TaskHandle): Promise<RunningTask | undefined> {
    const { supervision, directory, user = "" } = handle.fields;
    if (supervision === undefined) return undefined;
    const place = directory === undefined ? await this.#kept(supervision) : { directory, user };
    const supervised = await this.#runtime.processes.recover(supervision);
    return supervised && this.#running(supervised, supervision, place);
  }

  /** Undefined when nobody knows any more: the run itself is there nevertheless. */
  async #kept(supervision: string): Promise<Place | undefined> {
    const text = await textIfThere(this.#runtime.disk, join(supervision, placeFile));
    try {
      return place.parse(JSON.parse(text));
    } catch {
      return undefined;
    }
  }

  async #userOf(user: string) {
    return user === "" ? undefined : taskUser(this.#runtime.processes, user);
  }

  /** A task whose place nobody knows has no others beside it: they would be somewhere else, and somebody else. */
  #running(supervised: SupervisedProcess, supervision: string, place: Place | undefined): RunningTask {
    return runningTask(this.#runtime.clock, {
      handle: { driver: this.name, fields: { supervision, ...place } },
      supervised,
      // As a terminal does it: a shell that waits for its child would keep the signal to itself.
      ask: async (signal) => supervised.signal(signal, { group: true }),
      ...(place && { beside: (command, args, env) => this.#beside(place, { command, args, env }) }),
      meter: (coreMHz) => processMeter(this.#runtime, supervised, coreMHz),
    });
  }

  async #beside({ directory, user }: Place, program: Pick<Program, "command" | "args" | "env">) {
    const whole = { ...program, workingDirectory: directory, user: await this.#userOf(user) };
    return { program: whole, done: async () => {} };
  }
}
