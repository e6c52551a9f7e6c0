import { later } from "../../base/index.ts";
import type { Clock, Processes } from "../../runtime/index.ts";
import type { ExecOptions, ExecResult } from "../driver.ts";
import type { Engine } from "./engine.ts";
import { takeFrame } from "./frames.ts";

const killed = 137;
const never = new AbortController().signal;

/** Where programs are run beside a container's own. */
export interface ExecPlace {
  readonly clock: Clock;
  readonly processes: Processes;
  readonly engine: Engine;
  readonly containerID: string;
}

/**
 * Runs a program in a container, as its user and in its directory, with the container's environment. One whose time is
 * over is killed with its process group, for which the engine has no word.
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
  const cancel = clock.at(later(clock.now(), timeout), () => {
    timedOut = true;
    over.abort(new Error("its time is over"));
  });
  const abort = () => over.abort(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  const output = new OutputEnd(outputBytes);
  try {
    for await (const chunk of engine.startExec(id, over.signal)) output.add(chunk);
    over.signal.throwIfAborted();
    const { ExitCode } = await engine.exec(id);
    return { exitCode: ExitCode ?? killed, timedOut: false, output: output.text() };
  } catch (error) {
    await kill(place, id);
    if (timedOut) return { exitCode: killed, timedOut, output: output.text() };
    throw error;
  } finally {
    cancel();
    signal.removeEventListener("abort", abort);
  }
}

/** The program leads a group of its own, and the engine tells its number as the host has it. */
async function kill({ engine, processes }: ExecPlace, id: string): Promise<void> {
  const { Running, Pid } = await engine.exec(id);
  if (!Running || Pid <= 1) return;
  const program = { command: "/bin/kill", args: ["-KILL", "--", `-${Pid}`], env: {}, workingDirectory: "/" };
  await processes.run(program, { signal: never });
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
