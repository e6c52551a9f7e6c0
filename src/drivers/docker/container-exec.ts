import { later, milliseconds } from "../../base/index.ts";
import { type Clock, type Disk, type Processes, pause } from "../../runtime/index.ts";
import type { ExecOptions, ExecResult } from "../driver.ts";
import { isCountedTo } from "./container-processes.ts";
import type { Engine } from "./engine.ts";
import { takeFrame } from "./frames.ts";

const killed = 137;
/** How often, and how soon again, a program is killed that does not end. */
const [mostTries, tryAgainAfter] = [50, milliseconds(100)];
const never = new AbortController().signal;

/** Where programs are run beside a container's own. */
export interface ExecPlace {
  readonly clock: Clock;
  readonly disk: Disk;
  readonly processes: Processes;
  readonly engine: Engine;
  readonly containerID: string;
  /** Whether the engine is here, and not reached over a network. */
  readonly isOnThisMachine: boolean;
}

/**
 * Runs a program in a container, as its user and in its directory, with the container's environment. One whose time is
 * over is killed with all that descends from it, for which the engine has no word; where the engine's processes are not to
 * be seen from here, it is left to the engine.
 */
export async function execInContainer(
  place: ExecPlace,
  command: readonly string[],
  { timeout, outputBytes, signal }: ExecOptions,
): Promise<ExecResult> {
  signal.throwIfAborted();
  const { clock, engine } = place;
  const id = await engine.createExec(place.containerID, command);
  const over = new AbortController();
  let timedOut = false;
  // While the program lives it is known what descends from it, so it is killed before the engine may do so.
  const end = (reason: unknown) => kill(place, id).finally(() => over.abort(reason));
  const cancel = clock.at(later(clock.now(), timeout), () => {
    timedOut = true;
    void end(new Error("its time is over"));
  });
  const abort = () => void end(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  const output = new OutputEnd(outputBytes);
  try {
    for await (const chunk of engine.startExec(id, over.signal)) output.add(chunk);
    signal.throwIfAborted();
    const { ExitCode } = await engine.exec(id);
    return { exitCode: timedOut ? killed : (ExitCode ?? killed), timedOut, output: output.text() };
  } catch (error) {
    if (timedOut) return { exitCode: killed, timedOut, output: output.text() };
    throw error;
  } finally {
    cancel();
    signal.removeEventListener("abort", abort);
  }
}

/**
 * Kills until the program has ended: it may not even have begun. The engine tells its number as the engine sees it. Never
 * rejects: what is left of it ends with the container.
 */
async function kill(place: ExecPlace, id: string): Promise<void> {
  const { clock, engine, processes, isOnThisMachine } = place;
  if (!isOnThisMachine) return;
  try {
    for (let tries = 0; tries < mostTries; tries++) {
      const { Running, Pid, ExitCode } = await engine.exec(id);
      if (ExitCode !== null) return;
      const pids = Running && Pid > 1 ? await familyInContainer(place, Pid) : [];
      const program = { command: "/bin/kill", args: ["-KILL", ...pids], env: {}, workingDirectory: "/" };
      if (pids.length > 0) await processes.run(program, { signal: never });
      await pause(clock, tryAgainAfter, never);
    }
  } catch {
    // An engine that does not answer.
  }
}

/** A process and its descendants, as far as they are the container's. */
async function familyInContainer({ processes, disk, containerID }: ExecPlace, root: number): Promise<string[]> {
  const found: string[] = [];
  for (const { pid } of processes.tree(root).usage()) {
    if (await isCountedTo(containerID, pid, disk)) found.push(String(pid));
  }
  return found;
}

/** The end of what frames hold. */
class OutputEnd {
  readonly #limit: number;
  #rest: Uint8Array = new Uint8Array();
  #end: Uint8Array = new Uint8Array();

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(chunk: Uint8Array): void {
    let rest = Buffer.concat([this.#rest, chunk]);
    for (let frame = takeFrame(rest); frame !== undefined; frame = takeFrame(rest)) {
      this.#end = Buffer.concat([this.#end, frame.content]).subarray(-this.#limit);
      rest = rest.subarray(frame.bytes);
    }
    this.#rest = rest;
  }

  text(): string {
    return Buffer.from(this.#end).toString();
  }
}
