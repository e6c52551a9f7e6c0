import { basename, join, relative, resolve } from "node:path";
import * as z from "zod";
import { seconds } from "../base/index.ts";
import type { Disk, Program, Runtime, SupervisedProcess } from "../runtime/index.ts";
import { passableList, passableText, portMap, weakBoolean, weakText } from "./config-schema.ts";
import {
  type Driver,
  type DriverCapabilities,
  DriverStartError,
  type Fingerprint,
  type RunningTask,
  type TaskConfig,
  type TaskHandle,
} from "./driver.ts";
import { type Finding, lookingAgain } from "./looking-again.ts";
import { foundAt, ProgramVersion } from "./program-version.ts";
import { argumentProblem, qemuArguments } from "./qemu-arguments.ts";
import { imageFormat, imageHeadBytes } from "./qemu-image.ts";
import { askQemu, monitorName } from "./qemu-monitor.ts";
import { type DriverSettings, defaultDriverSettings, listOption } from "./settings.ts";
import { runningTask } from "./supervised-run.ts";
import { taskUser } from "./task-user.ts";
import { processMeter } from "./usage-meters.ts";

const lookEvery = seconds(30);

/** Client options: arguments that jobs may give to QEMU, and directories outside the allocation that may hold images. */
const allowedArguments = "driver.qemu.args_allowlist";
const imagePaths = "driver.qemu.image_paths";

const qemuConfig = z.object({
  image_path: passableText("image_path"),
  accelerator: weakText.default("tcg"),
  port_map: portMap("qemu"),
  args: passableList("args"),
  graceful_shutdown: weakBoolean("graceful_shutdown", false),
});
type QemuConfig = z.infer<typeof qemuConfig>;

/** Runs the image of a virtual machine by QEMU, whose process has the agent's rights unless the job names a user. */
export class QemuDriver implements Driver<QemuConfig> {
  readonly name = "qemu";
  readonly config = qemuConfig;
  readonly capabilities: DriverCapabilities = {
    hostEnvironment: false,
    isSupervised: true,
    fingerprintEvery: lookEvery,
  };
  readonly #runtime: Runtime;
  readonly #settings: DriverSettings;
  readonly #version: ProgramVersion;

  constructor(runtime: Runtime, settings: DriverSettings = defaultDriverSettings) {
    this.#runtime = runtime;
    this.#settings = settings;
    this.#version = new ProgramVersion(runtime, "qemu-system-x86_64", ["--version"]);
  }

  fingerprint(_options: Readonly<Record<string, string>>, signal: AbortSignal): AsyncGenerator<Fingerprint> {
    return lookingAgain(this.#runtime, { name: this.name, every: lookEvery, look: () => this.#look() }, signal);
  }

  async start(task: TaskConfig<QemuConfig>): Promise<RunningTask> {
    const { supervision } = task.directories;
    const monitor = task.config.graceful_shutdown ? monitorDirectory(task) : undefined;
    const program = await this.#program(task, monitor);
    try {
      return this.#running(await this.#runtime.processes.supervise(program, supervision), { supervision, monitor });
    } catch (cause) {
      throw new DriverStartError((cause as Error).message, { cause });
    }
  }

  async recover(handle: TaskHandle): Promise<RunningTask | undefined> {
    const { supervision, monitor } = handle.fields;
    if (supervision === undefined) return undefined;
    const supervised = await this.#runtime.processes.recover(supervision);
    return supervised && this.#running(supervised, { supervision, monitor });
  }

  async #look(): Promise<Finding> {
    const words = await this.#version.words();
    if ("obstacle" in words) return words;
    const version = qemuVersion(words.text);
    if (version === undefined) return { obstacle: `"${words.path}" does not tell its version` };
    return { attributes: { "driver.qemu.version": version } };
  }

  async #program(task: TaskConfig<QemuConfig>, monitor: string | undefined): Promise<Program> {
    const { processes } = this.#runtime;
    const { config, directories, resources, env, user } = task;
    const problem = argumentProblem(config.args, listOption(this.#settings, allowedArguments));
    if (problem !== undefined) throw new DriverStartError(problem);
    const image = await this.#image(task);
    const args = qemuArguments({
      image,
      format: imageFormat(await this.#head(image)),
      name: basename(config.image_path),
      memoryMB: resources.MemoryMB,
      accelerator: config.accelerator,
      args: config.args,
      ports: config.port_map,
      network: resources.Networks[0],
      monitor: monitor && relative(directories.task, join(monitor, monitorName)),
    });
    return {
      command: await foundAt(this.#version),
      args,
      env,
      workingDirectory: directories.task,
      user: user === "" ? undefined : await taskUser(processes, user),
    };
  }

  /** The image's real path: a link must not hand the machine another task's files, or a disk of the host. */
  async #image({ config, directories }: TaskConfig<QemuConfig>): Promise<string> {
    const named = resolve(directories.task, config.image_path);
    const path = await realPathOfFile(this.#runtime.disk, named);
    if (path === undefined) throw new DriverStartError(`image "${config.image_path}" could not be found`);
    const homes = [directories.task, directories.shared, ...listOption(this.#settings, imagePaths)];
    if (homes.some((home) => path.startsWith(`${resolve(home)}/`))) return path;
    throw new DriverStartError(
      `image "${config.image_path}" is outside the allocation; the client option "${imagePaths}" can allow that`,
    );
  }

  async #head(image: string): Promise<Uint8Array> {
    const file = await this.#runtime.disk.open(image, "read");
    try {
      return await file.read(0, imageHeadBytes);
    } finally {
      await file.close();
    }
  }

  /** False when QEMU could not be asked to. What the guest makes of it is its own affair. */
  async #pressPowerButton(monitor: string): Promise<boolean> {
    try {
      await askQemu(this.#runtime, monitor, "system_powerdown");
      return true;
    } catch (error) {
      const reason = (error as Error).message;
      this.#runtime.log.named("driver.qemu").warn("a machine is switched off, not asked to shut down", { reason });
      return false;
    }
  }

  #running(
    supervised: SupervisedProcess,
    { supervision, monitor }: { readonly supervision: string; readonly monitor: string | undefined },
  ): RunningTask {
    return runningTask(this.#runtime.clock, {
      handle: { driver: this.name, fields: { supervision, ...(monitor && { monitor }) } },
      supervised,
      ask: async (signal) => {
        if (monitor === undefined || !(await this.#pressPowerButton(monitor)))
          supervised.signal(signal, { group: true });
      },
      meter: (coreMHz) => processMeter(this.#runtime, supervised, coreMHz),
    });
  }
}

/** Where QEMU listens: what may be asked there is as good as a secret, and the task's user may write there. */
function monitorDirectory({ directories }: TaskConfig<QemuConfig>): string {
  return directories.secrets ?? directories.task;
}

/** The number in the first line of `qemu-system-x86_64 --version`. */
export function qemuVersion(text: string): string | undefined {
  return /version (\d+\.\d+(?:\.\d+)*)/.exec(text)?.[1];
}

async function realPathOfFile(disk: Disk, path: string): Promise<string | undefined> {
  try {
    const file = await disk.open(path, "read");
    try {
      return (await file.status()).isFile ? await file.realPath() : undefined;
    } finally {
      await file.close();
    }
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP") return undefined;
    throw error;
  }
}
