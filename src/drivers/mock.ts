import * as z from "zod";
import { dictionary, type Instant, instantOf, later, parseGoDuration, seconds, shorter } from "../base/index.ts";
import type { TaskUsage } from "../model/index.ts";
import { type Clock, endsWithin, type Runtime } from "../runtime/index.ts";
import { weakText } from "./config-schema.ts";
import { type Driver, DriverStartError, type ExitResult, type RunningTask } from "./driver.ts";
import { CpuMeter, processUsage } from "./usage.ts";
import { untilEnded } from "./usage-meters.ts";

const duration = weakText.transform((text) => parseGoDuration(text)).default(seconds(0));
const count = z.coerce.number().int().default(0);
const words = weakText.default("");

/** What a task of this driver pretends. Times are written as Go writes durations, for instance `10s`. */
const mockConfig = z.object({
  /** How long it runs by itself; nothing means that it ends at once. */
  run_for: duration,
  exit_code: count,
  exit_signal: count,
  exit_err_msg: words,
  /** How long starting it takes. */
  start_block_for: duration,
  /** Why starting it fails; nothing means that it does not. */
  start_error: words,
  start_error_recoverable: z.stringbool().or(z.boolean()).default(false),
  /** How long it goes on after the signal to stop. */
  kill_after: duration,
  stdout_string: words,
  /** How often the text is written again, and after how long each time. */
  stdout_repeat: count,
  stdout_repeat_duration: duration,
  stderr_string: words,
});
type MockConfig = z.infer<typeof mockConfig>;

/** Resources that every task of this driver pretends to use. */
const pretendedMemory = 10 * 1024 * 1024;
const never = new AbortController().signal;

/**
 * A driver that runs nothing: its tasks do what their configuration says, by the runtime's clock alone. For the simulator
 * and for tests, with the config keys of Nomad's own.
 */
export function mockDriver({ clock }: Pick<Runtime, "clock">): Driver<MockConfig> {
  return {
    name: "mock",
    config: mockConfig,
    capabilities: { hostEnvironment: false },
    async *fingerprint() {
      yield { detected: true, healthy: true, description: "Healthy", attributes: { "driver.mock": "1" } };
    },
    async start({ config }) {
      await clock.sleep(config.start_block_for, never);
      if (config.start_error !== "") {
        throw new DriverStartError(config.start_error, { recoverable: config.start_error_recoverable });
      }
      return mockTask(clock, config, clock.now());
    },
    async recover({ fields }) {
      const { config, startedAt } = fields;
      if (config === undefined || startedAt === undefined) return undefined;
      return mockTask(clock, JSON.parse(config) as MockConfig, instantOf(Number(startedAt)));
    },
  };
}

/** A task that began at `startedAt`, possibly before the agent did. */
function mockTask(clock: Clock, config: MockConfig, startedAt: Instant): RunningTask {
  const ending = Promise.withResolvers<ExitResult>();
  const own: ExitResult = {
    exitCode: config.exit_code,
    signal: config.exit_signal,
    oomKilled: false,
    message: config.exit_err_msg,
  };
  const cancel = clock.at(later(startedAt, config.run_for), () => ending.resolve(own));
  const exited = ending.promise;
  return {
    handle: { driver: "mock", fields: { config: JSON.stringify(config), startedAt: String(startedAt) } },
    stdout: repeated(clock, config, exited),
    stderr: once(config.stderr_string),
    exited,
    stop: async (_signal, grace) => {
      if (!(await endsWithin(clock, exited, shorter(config.kill_after, grace)))) {
        const isKilled = config.kill_after > grace;
        ending.resolve(isKilled ? { exitCode: 137, signal: 9, oomKilled: false, message: "" } : own);
      }
      cancel();
    },
    meter: (coreMHz) => untilEnded(exited, async () => usageOf(clock, coreMHz)),
    discard: async () => cancel(),
    detach: cancel,
  };
}

async function* repeated(clock: Clock, config: MockConfig, ended: Promise<unknown>): AsyncGenerator<Uint8Array> {
  yield* once(config.stdout_string);
  for (let i = 0; i < config.stdout_repeat; i++) {
    if (await endsWithin(clock, ended, config.stdout_repeat_duration)) return;
    yield* once(config.stdout_string);
  }
}

async function* once(text: string): AsyncGenerator<Uint8Array> {
  if (text !== "") yield Buffer.from(text);
}

function usageOf(clock: Clock, coreMHz: number): TaskUsage {
  const now = clock.now();
  const idle = { userTime: seconds(0), systemTime: seconds(0) };
  const usage = processUsage(
    { pid: 0, residentBytes: pretendedMemory, swapBytes: 0, ...idle },
    new CpuMeter(coreMHz).measure(now, idle),
  );
  return { ResourceUsage: usage, Timestamp: clock.wallTime(), Pids: dictionary() };
}
