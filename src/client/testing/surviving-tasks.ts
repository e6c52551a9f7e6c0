import * as z from "zod";
import { later, seconds } from "../../base/index.ts";
import type { Driver, ExitResult, RunningTask, TaskConfig, TaskHandle } from "../../drivers/index.ts";
import type { Clock, Disk } from "../../runtime/index.ts";

const config = z.object({ runs_for_seconds: z.number(), exit_code: z.number() });
type Config = z.infer<typeof config>;

interface Run {
  readonly of: string;
  readonly directory: string;
  exit: ExitResult | undefined;
  readonly exited: PromiseWithResolvers<void>;
}

/**
 * The tasks of a machine, which go on whatever becomes of the agent that started them, as processes under a shim do. It
 * is known here how often each was started; two runs of one task at once are an error.
 */
export class SurvivingTasks {
  readonly #clock: Clock;
  readonly #disk: Disk;
  readonly #runs = new Map<string, Run>();
  readonly doubles: string[] = [];
  readonly starts = new Map<string, number>();

  /** Of the machine, not of one of its agents. */
  constructor(clock: Clock, disk: Disk) {
    this.#clock = clock;
    this.#disk = disk;
  }

  /** Names of tasks that run, or have ended and were not cleared away. */
  get left(): readonly string[] {
    return [...this.#runs.values()].map(({ of }) => of);
  }

  /** The driver as an agent has it; `step` is called between all that the driver does. */
  driver(step: (name: string) => Promise<void>): Driver<Config> {
    return {
      name: "surviving",
      config,
      capabilities: { hostEnvironment: false, isSupervised: true },
      async *fingerprint() {
        yield { detected: true, healthy: true, description: "Healthy", attributes: {} };
      },
      start: async (task) => {
        await step("start");
        await this.#disk.makeDirectory(task.directories.supervision);
        await step("directory made");
        const run = this.#begin(task);
        await step("started");
        return this.#running(run, step);
      },
      recover: async ({ fields }) => {
        await step("recover");
        const run = this.#runs.get(fields.supervision ?? "");
        if (run !== undefined) return this.#running(run, step);
        await this.#disk.removeTree(fields.supervision ?? "");
        return undefined;
      },
    };
  }

  #begin({ allocationID, taskName, config, directories }: TaskConfig<Config>): Run {
    const of = `${allocationID} ${taskName}`;
    const isDouble = [...this.#runs.values()].some((run) => run.of === of && run.exit === undefined);
    if (isDouble) this.doubles.push(of);
    this.starts.set(taskName, (this.starts.get(taskName) ?? 0) + 1);
    const endsAt = later(this.#clock.now(), seconds(config.runs_for_seconds));
    const run: Run = { of, directory: directories.supervision, exit: undefined, exited: Promise.withResolvers() };
    this.#runs.set(run.directory, run);
    this.#clock.at(endsAt, () => {
      end(run, { exitCode: config.exit_code, signal: 0, oomKilled: false, message: "" });
    });
    return run;
  }

  #running(run: Run, step: (name: string) => Promise<void>): RunningTask {
    const handle: TaskHandle = { driver: "surviving", fields: { supervision: run.directory } };
    let isLetGo = false;
    const isDetached = () => isLetGo;
    return {
      handle,
      stdout: nothing(),
      stderr: nothing(),
      exited: run.exited.promise.then(() => (isDetached() ? new Promise(() => {}) : run.exit!)),
      stop: async () => {
        await step("kill");
        end(run, { exitCode: 130, signal: 2, oomKilled: false, message: "" });
        await step("killed");
      },
      meter: () => async () => undefined,
      discard: async () => {
        await step("discard");
        this.#runs.delete(run.directory);
        await step("run gone");
        await this.#disk.removeTree(run.directory);
        await step("discarded");
      },
      detach: () => {
        isLetGo = true;
      },
    };
  }
}

function end(run: Run, exit: ExitResult): void {
  run.exit ??= exit;
  run.exited.resolve();
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
