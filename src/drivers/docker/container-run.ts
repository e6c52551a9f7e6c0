import { dictionary, seconds } from "../../base/index.ts";
import { type Clock, endsWithin, pause, type Runtime } from "../../runtime/index.ts";
import type { ExitResult, RunningTask, TaskHandle, TaskLogEnds, UsageMeter } from "../driver.ts";
import { CpuMeter } from "../usage.ts";
import { ProcessMeters, untilEnded } from "../usage-meters.ts";
import { execInContainer } from "./container-exec.ts";
import { containerOutput } from "./container-output.ts";
import { isCountedTo } from "./container-processes.ts";
import { containerUsage, cpuTimesOf } from "./container-usage.ts";
import { type Container, type Engine, isMissing } from "./engine.ts";
import { wasKilledByKernel } from "./kernel-oom.ts";

/** How long to wait before an engine that does not answer, or answers oddly, is asked again. */
const askAgainAfter = seconds(1);
const highestSignal = 64;
const killed = 137;

/** A container that was started, and what belongs to it. */
export interface ContainerRun {
  readonly runtime: Pick<Runtime, "clock" | "disk" | "log" | "processes">;
  readonly engine: Engine;
  readonly container: Pick<Container, "Id" | "Config" | "State">;
  readonly handle: TaskHandle;
  /** For how far its output was delivered. */
  readonly directory: string;
  readonly logs: TaskLogEnds | undefined;
  /** Whether the engine is here, and not reached over a network. */
  readonly isOnThisMachine: boolean;
  /** Called once the container is no more. */
  readonly removed: () => Promise<void>;
}

/** A running task by its container. */
export function runningContainer(run: ContainerRun): RunningTask {
  const { runtime, engine, container, handle, directory, logs, isOnThisMachine } = run;
  const { clock, disk, log, processes } = runtime;
  const letGo = new AbortController();
  const id = container.Id;
  const exited = exitOf(engine, clock, id, letGo.signal).then(async (state) => {
    if (state === "removed") return removedByOthers;
    const { ExitCode, OOMKilled } = state;
    const mayBeUntold = ExitCode === killed && !OOMKilled && isOnThisMachine;
    return exitResult({ ExitCode, OOMKilled: OOMKilled || (mayBeUntold && (await wasKilledByKernel(runtime, id))) });
  });
  const output = (stream: "stdout" | "stderr") => {
    const tty = container.Config.Tty;
    // A terminal has no second output.
    if (tty && stream === "stderr") return nothing();
    const source = { clock, disk, log, engine, containerID: id, stream, tty, directory, logEnd: logs?.[stream] };
    return containerOutput(source, letGo.signal);
  };
  return {
    handle,
    exited,
    stdout: output("stdout"),
    stderr: output("stderr"),
    stop: async (signal, grace) => {
      await engine.killContainer(id, signal || container.Config.StopSignal || "SIGTERM");
      if (!(await endsWithin(clock, exited, grace))) await engine.killContainer(id, "SIGKILL");
      await exited;
    },
    exec: (command, args, options) =>
      execInContainer(
        { clock, disk, processes, engine, containerID: id, isOnThisMachine },
        [command, ...args],
        options,
      ),
    meter: (coreMHz) => untilEnded(exited, containerMeter(run, coreMHz)),
    discard: async () => {
      letGo.abort();
      await engine.removeContainer(id);
      await disk.removeTree(directory);
      await run.removed();
    },
    detach: () => letGo.abort(),
  };
}

type EndState = Pick<Container["State"], "ExitCode" | "OOMKilled">;

/** Waits for the end of a container, whatever becomes of the engine meanwhile. Never rejects; pends when let go. */
async function exitOf(engine: Engine, clock: Clock, id: string, letGo: AbortSignal): Promise<EndState | "removed"> {
  while (!letGo.aborted) {
    try {
      await engine.wait(id, letGo);
      const container = await engine.container(id);
      if (container === undefined) return "removed";
      if (!container.State.Running) return container.State;
    } catch (error) {
      if (isMissing(error)) return "removed";
    }
    await pause(clock, askAgainAfter, letGo);
  }
  return new Promise(() => {});
}

const removedByOthers: ExitResult = {
  exitCode: killed,
  signal: 0,
  oomKilled: false,
  message: "Docker container was removed by someone else",
};

/** The engine tells an exit as a shell would, so that a signal shows only in the code. */
function exitResult({ ExitCode, OOMKilled }: EndState): ExitResult {
  const signal = ExitCode - 128;
  return {
    exitCode: ExitCode,
    signal: signal > 0 && signal <= highestSignal ? signal : 0,
    oomKilled: OOMKilled,
    message: OOMKilled
      ? "OOM Killed"
      : ExitCode === 0
        ? ""
        : `Docker container exited with non-zero exit code: ${ExitCode}`,
  };
}

function containerMeter(run: ContainerRun, coreMHz: number): UsageMeter {
  const { engine, container } = run;
  const { clock } = run.runtime;
  const meter = new CpuMeter(coreMHz);
  const meters = containerProcesses(run).then((tree) => tree && new ProcessMeters(tree, { coreMHz }));
  return async () => {
    // An engine that is away has nothing to tell now; there will be a next sample.
    const stats = await engine.stats(container.Id).catch(() => undefined);
    const each = await meters;
    if (stats === undefined) return undefined;
    const now = clock.now();
    return {
      ResourceUsage: containerUsage(stats, meter.measure(now, cpuTimesOf(stats))),
      Timestamp: clock.wallTime(),
      Pids: each?.measure(now) ?? dictionary(),
    };
  };
}

/** The container's processes; undefined where those of the engine's host are not to be seen from here. */
async function containerProcesses({ runtime, container, isOnThisMachine }: ContainerRun) {
  const { Pid } = container.State;
  if (!isOnThisMachine || Pid <= 1) return undefined;
  return (await isCountedTo(container.Id, Pid, runtime.disk)) ? runtime.processes.tree(Pid) : undefined;
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
