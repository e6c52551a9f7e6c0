import { deepEqual, dictionary, later, milliseconds, seconds } from "../../base/index.ts";
import { resources } from "../../model/index.ts";
import type { Runtime } from "../../runtime/index.ts";
import type { Driver, RunningTask, TaskConfig, TaskDirectories } from "../driver.ts";

/** Options of a task that tests care about; the rest is made up. */
export interface TaskOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly user?: string;
  readonly memoryMB?: number;
  readonly memoryMaxMB?: number;
  readonly iops?: number;
  readonly secrets?: string;
}

/** A place below the temporary directory where tests start tasks of one driver, and which shows what they leave. */
export class TaskBench<Config> {
  readonly driver: Driver<Config>;
  readonly home: string;
  readonly #runtime: Runtime;
  readonly #usually: TaskOptions;
  /** Others may test on this machine too, with an engine that knows containers by this. */
  readonly #allocationID: string;
  #runs = 0;

  constructor(runtime: Runtime, driver: Driver<Config>, home: string, usually: TaskOptions) {
    this.#runtime = runtime;
    this.#allocationID = runtime.random.uuid();
    this.driver = driver;
    this.home = home;
    this.#usually = usually;
  }

  /** `usually` holds for every task that says nothing else. */
  static async open<Config>(
    runtime: Runtime,
    driver: Driver<Config>,
    usually: TaskOptions = {},
  ): Promise<TaskBench<Config>> {
    const home = await runtime.disk.makeTemporaryDirectory(`drivers-${driver.name}-test-`);
    // Tasks run as other users must be able to enter.
    await runtime.disk.changeMode(home, 0o755);
    for (const name of ["alloc", "task/local", "task/tmp"]) await runtime.disk.makeDirectory(`${home}/${name}`, 0o777);
    return new TaskBench(runtime, driver, home, usually);
  }

  close(): Promise<void> {
    return this.#runtime.disk.removeTree(this.home);
  }

  get directories(): Omit<TaskDirectories, "supervision"> {
    return { shared: `${this.home}/alloc`, task: `${this.home}/task`, local: `${this.home}/task/local` };
  }

  taskConfig(config: unknown, options: TaskOptions = {}): TaskConfig<Config> {
    const asked = { ...this.#usually, ...options };
    const { env = { PATH: "/usr/bin:/bin" }, user = "", memoryMB = 64, memoryMaxMB = 0, iops = 0, secrets } = asked;
    return {
      allocationID: this.#allocationID,
      taskName: "web",
      config: this.driver.config.parse(config),
      env: dictionary(Object.entries(env)),
      directories: { ...this.directories, secrets, supervision: `${this.home}/run-${this.#runs++}` },
      resources: resources.parse({ CPU: 100, MemoryMB: memoryMB, MemoryMaxMB: memoryMaxMB, DiskMB: 300, IOPS: iops }),
      user,
    };
  }

  start(config: unknown, options?: TaskOptions): Promise<RunningTask> {
    return this.driver.start(this.taskConfig(config, options));
  }

  /** Runs a task to its end and clears it away. */
  async outcome(config: unknown, options?: TaskOptions) {
    const task = await this.start(config, options);
    const [exit, stdout, stderr] = await Promise.all([task.exited, textOf(task.stdout), textOf(task.stderr)]);
    await task.discard();
    return { exit, stdout, stderr };
  }

  /** Everything a task might leave behind: files, control groups, mounts, and processes that name this place. */
  async leavings() {
    const { disk } = this.#runtime;
    // Other agents on this machine have groups too; ours bear our number.
    const own = `nomad-${Number.parseInt(Buffer.from(await disk.read("/proc/self/stat")).toString(), 10)}-`;
    const groups: string[] = [];
    for (const hierarchy of await disk.list("/sys/fs/cgroup")) {
      if (!hierarchy.isDirectory) continue;
      const names = (await disk.list(`/sys/fs/cgroup/${hierarchy.name}`)).map(({ name }) => name);
      groups.push(...[hierarchy.name, ...names].filter((name) => name.startsWith(own)));
    }
    const mounts = Buffer.from(await disk.read("/proc/self/mountinfo")).toString();
    return {
      files: (await disk.list(this.home)).map(({ name }) => name),
      groups,
      mounts: mounts.split("\n").filter((line) => line.includes(this.home)),
      processes: await this.#processesNamingHome(),
    };
  }

  /** Resolves when there is no more than `before`: what stood over a task ends a moment after it. Throws after ten seconds. */
  async leavesNoMoreThan(before: Awaited<ReturnType<TaskBench<Config>["leavings"]>>): Promise<void> {
    const { clock } = this.#runtime;
    const deadline = later(clock.now(), seconds(10));
    for (;;) {
      const left = await this.leavings();
      if (deepEqual(left, before)) return;
      if (clock.now() >= deadline) throw new Error(`A task has left something: ${JSON.stringify(left)}`);
      await clock.sleep(milliseconds(5), new AbortController().signal);
    }
  }

  async #processesNamingHome(): Promise<string[]> {
    const { disk } = this.#runtime;
    const found: string[] = [];
    for (const { name } of await disk.list("/proc")) {
      if (!/^\d+$/.test(name)) continue;
      const commandLine = await disk.read(`/proc/${name}/cmdline`).catch(() => new Uint8Array());
      const text = Buffer.from(commandLine).toString();
      if (text.includes(this.home)) found.push(text.replaceAll("\0", " "));
    }
    return found;
  }
}

export async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts).toString();
}

/** Reads until the task has printed `text`, and leaves the rest unread. */
export async function untilPrinted(task: RunningTask, text: string): Promise<void> {
  let printed = "";
  for await (const chunk of task.stdout) {
    printed += Buffer.from(chunk).toString();
    if (printed.includes(text)) return;
  }
  throw new Error(`The task ended without printing ${JSON.stringify(text)}: ${JSON.stringify(printed)}`);
}

/** Reads until the task has printed a whole line, and leaves the rest unread. */
export async function firstLine(task: RunningTask): Promise<string> {
  let text = "";
  for await (const chunk of task.stdout) {
    text += Buffer.from(chunk).toString();
    if (text.includes("\n")) return text.slice(0, text.indexOf("\n"));
  }
  return text;
}
