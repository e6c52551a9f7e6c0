import { join } from "node:path/posix";
import { seconds } from "../../base/index.ts";
import type { Disk, OpenFile, Runtime } from "../../runtime/index.ts";
import {
  type Driver,
  type DriverCapabilities,
  DriverStartError,
  type Fingerprint,
  type RunningTask,
  type TaskConfig,
  type TaskHandle,
  type TaskLogEnds,
} from "../driver.ts";
import { type Finding, lookingAgain } from "../looking-again.ts";
import type { DriverSettings } from "../settings.ts";
import { containerLabels, containerName, containerRequest, invalidServers } from "./container-request.ts";
import { runningContainer } from "./container-run.ts";
import { type DockerConfig, dockerConfig, portsInside } from "./docker-config.ts";
import { type DockerOptions, dockerOptions, refuseForbidden } from "./docker-options.ts";
import { type Container, Engine, EngineRefusal, EngineUnreachable } from "./engine.ts";
import { type EngineAddress, engineAddress, engineClient } from "./engine-address.ts";
import { hostBinds } from "./host-binds.ts";
import { type ImageReference, imageReference } from "./image-reference.ts";
import { Images } from "./images.ts";
import { registryLogin } from "./registry-login.ts";

const lookEvery = seconds(15);
/** An engine that hangs must not hold up the agent's start. */
const lookPatience = seconds(3);
const readBytes = 256 * 1024;
const never = new AbortController().signal;

/**
 * Runs a task as a container of Docker's engine. The engine is all that keeps it: it outlives the agent, and is found again
 * by its id. There is one container of a task at a time, for its name is made of the allocation's and the task's.
 */
export class DockerDriver implements Driver<DockerConfig> {
  readonly name = "docker";
  readonly config = dockerConfig;
  readonly capabilities: DriverCapabilities = {
    directoriesInside: { shared: "/alloc", local: "/local", secrets: "/secrets" },
    hostEnvironment: false,
    fingerprintEvery: lookEvery,
    stopSignal: "",
    portsInside,
  };
  readonly #runtime: Runtime;
  readonly #options: DockerOptions;
  readonly #address: () => EngineAddress;
  readonly #engine: Engine;
  readonly #images: Images;

  constructor(runtime: Runtime, settings: DriverSettings) {
    this.#runtime = runtime;
    this.#options = dockerOptions(settings);
    this.#address = () => engineAddress(settings, runtime.processes.environment);
    this.#engine = new Engine(runtime.clock, async () => engineClient(runtime, this.#address()));
    this.#images = new Images(runtime.clock, this.#engine, { removeUnused: this.#options.removesImages });
  }

  fingerprint(_options: Readonly<Record<string, string>>, signal: AbortSignal): AsyncIterable<Fingerprint> {
    const look = { name: this.name, every: lookEvery, look: () => this.#look() };
    return lookingAgain(this.#runtime, look, signal);
  }

  async start(task: TaskConfig<DockerConfig>): Promise<RunningTask> {
    const { disk, log } = this.#runtime;
    const { config, directories } = task;
    refuseForbidden(config, this.#options);
    const ignored = invalidServers(config);
    if (ignored.length > 0) log.named("driver.docker").error("DNS servers are no IP addresses", { ignored });
    const reference = imageReference(config.image);
    try {
      // What cannot be asked for is refused before its image is fetched.
      await this.#request(task);
      const imageID = await this.#image(task, reference);
      return await this.#run(task).catch(async (error) => {
        await this.#images.release(imageID).catch(() => {});
        throw error;
      });
    } catch (cause) {
      const error = startError(cause);
      // Without its directory nothing that may run would be found again.
      if (!error.mayRun) await disk.removeTree(directories.supervision);
      throw error;
    }
  }

  async recover(handle: TaskHandle, logs?: TaskLogEnds): Promise<RunningTask | undefined> {
    const { containerID, supervision } = handle.fields;
    if (supervision === undefined) return undefined;
    const container = await (containerID === undefined
      ? this.#begun(supervision)
      : this.#engine.container(containerID));
    if (container === undefined || isNeverStarted(container)) {
      // It could still begin: whoever asked for it is gone, and the engine may only now come to it.
      if (container !== undefined) await this.#engine.removeContainer(container.Id);
      await this.#runtime.disk.removeTree(supervision);
      return undefined;
    }
    this.#images.keep(container.Image);
    return this.#running(container, supervision, logs);
  }

  async #look(): Promise<Finding> {
    // Told even when there is no engine.
    const always: Record<string, string> = this.#options.privilegedEnabled ? { "docker.privileged.enabled": "1" } : {};
    try {
      const { Version } = await this.#engine.version(lookPatience);
      return { attributes: { ...always, "driver.docker.version": Version } };
    } catch (error) {
      return { obstacle: (error as Error).message, attributes: always };
    }
  }

  /** The container of a run whose agent died before it knew its id. */
  async #begun(supervision: string): Promise<Container | undefined> {
    const [found] = await this.#engine.containersLabelled(`${containerLabels.run}=${supervision}`);
    return found && this.#engine.container(found.id);
  }

  /** What the engine is asked for, by what the task's directories hold at this moment. Throws `DriverStartError`. */
  async #request(task: TaskConfig<DockerConfig>): Promise<object> {
    const binds = await hostBinds(this.#runtime.disk, task.directories, task.config.volumes, {
      mayLeave: this.#options.volumesEnabled,
      seLinuxLabel: this.#options.seLinuxLabel,
    });
    return containerRequest(task, { binds });
  }

  async #image(task: TaskConfig<DockerConfig>, reference: ImageReference): Promise<string> {
    const { disk } = this.#runtime;
    const { config, directories, tell = () => {}, signal = never } = task;
    const load = async () => {
      for (const archive of config.load) await this.#load(archive, directories.local, signal);
    };
    return this.#images.take({
      reference,
      tell,
      signal,
      load: config.load.length > 0 ? load : undefined,
      login: await registryLogin(disk, this.#options.loginFile, config),
    });
  }

  async #load(archive: string, local: string, signal: AbortSignal): Promise<void> {
    const file = await openWithin(this.#runtime.disk, local, archive);
    try {
      await this.#engine.load(contentOf(file), signal);
    } catch (cause) {
      const message = `Failed to load image archive "${archive}": ${(cause as Error).message}`;
      throw new DriverStartError(message, { cause, recoverable: cause instanceof EngineUnreachable });
    } finally {
      await file.close();
    }
  }

  async #run(task: TaskConfig<DockerConfig>): Promise<RunningTask> {
    const name = containerName(task);
    const { supervision } = task.directories;
    const request = await this.#request(task);
    await this.#runtime.disk.makeDirectory(supervision, 0o700);
    try {
      const containerID = await this.#create(name, request);
      // The engine mounts only now: whoever may write there may have put a link in the place of what was looked at.
      await this.#request(task);
      await this.#engine.startContainer(containerID);
      const container = await this.#engine.container(containerID);
      if (container === undefined) throw new EngineRefusal("the container was removed as soon as it was made", 0);
      return this.#running(container, supervision, task.logs);
    } catch (error) {
      const isRemoved = await this.#engine.removeContainer(name).then(
        () => true,
        () => false,
      );
      throw isRemoved ? error : startError(error, { mayRun: true });
    }
  }

  /** One of that name is left of an earlier run, or of an agent that died at the wrong moment: it gives way. */
  async #create(name: string, request: object): Promise<string> {
    try {
      return await this.#engine.createContainer(name, request);
    } catch (error) {
      if (!(error instanceof EngineRefusal && error.status === 409)) throw error;
      await this.#engine.removeContainer(name);
      return this.#engine.createContainer(name, request);
    }
  }

  #running(container: Container, supervision: string, logs: TaskLogEnds | undefined): RunningTask {
    return runningContainer({
      runtime: this.#runtime,
      engine: this.#engine,
      container,
      handle: { driver: this.name, fields: { containerID: container.Id, supervision } },
      directory: supervision,
      logs,
      isOnThisMachine: this.#address().address.startsWith("/"),
      removed: () => this.#images.release(container.Image),
    });
  }
}

/** Made, and not started by the time its agent died. One that could not be started says why. */
function isNeverStarted({ State }: Container): boolean {
  return State.Status === "created";
}

/** Opens a file below `directory`. Throws `DriverStartError` when it is not there, or leads out. */
async function openWithin(disk: Disk, directory: string, name: string): Promise<OpenFile> {
  const file = await disk.open(join(directory, name), "read").catch((cause) => {
    throw new DriverStartError(`Failed to load image archive "${name}": ${(cause as Error).message}`, { cause });
  });
  const isInside = (await file.realPath()).startsWith(`${await realPathOf(disk, directory)}/`);
  if (isInside && (await file.status()).isFile) return file;
  await file.close();
  throw new DriverStartError(`Failed to load image archive "${name}": it is no file of the task's own`);
}

async function realPathOf(disk: Disk, path: string): Promise<string> {
  const directory = await disk.open(path, "read");
  try {
    return await directory.realPath();
  } finally {
    await directory.close();
  }
}

async function* contentOf(file: OpenFile): AsyncGenerator<Uint8Array> {
  for (let at = 0; ; ) {
    const bytes = await file.read(at, readBytes);
    if (bytes.length === 0) return;
    at += bytes.length;
    yield bytes;
  }
}

function startError(cause: unknown, { mayRun = false } = {}): DriverStartError {
  const isTold = cause instanceof DriverStartError;
  if (isTold && !mayRun) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new DriverStartError(isTold ? reason : `Failed to start container: ${reason}`, {
    cause,
    recoverable: isTold ? cause.isRecoverable : isPassing(cause),
    mayRun,
  });
}

/**
 * Whether the engine may do later what it does not do now. What it blames on itself or on the machine it runs on (5xx), such
 * as a port in use, may be otherwise soon; what it blames on the question, such as a program that is not there, will not.
 */
function isPassing(cause: unknown): boolean {
  return cause instanceof EngineUnreachable || (cause instanceof EngineRefusal && cause.status >= 500);
}
