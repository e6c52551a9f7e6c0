import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { closeInheritedDescriptors } from "./inherited-descriptors.ts";
import { processEntry } from "./process-table.ts";
import { refuseTooLong } from "./program-length.ts";
import { type ShimCall, shimFunction, supervisionFiles } from "./shim.ts";

/** What a starter calls itself on its command line, and with it all shims. */
export const starterName = "nomad-starter";
/** What a starter does takes milliseconds: one that says nothing for so long hangs. */
const usualPatienceMilliseconds = 30_000;
/** How many runs' FIFOs one program makes, so that its command line is never too long. */
const mostRunsAtOnce = 64;
/** How soon to look again whether a shim has ended that is about to. */
const reapMilliseconds = 50;

/** A shim to be started; `shim` is told the number under which it has to answer. */
export interface Start {
  readonly directory: string;
  readonly workingDirectory: string;
  readonly shim: (number: string) => ShimCall;
}

/**
 * A small shell that starts the shims of its agent. The agent is a large process: the system needs milliseconds to copy it for
 * each program that it starts, in which it does nothing else. The shell is copied in a fraction of one.
 *
 * It reads commands from a pipe, each a line, and ends with the pipe. One that starts a shim is a list in parentheses:
 * should the agent be killed before all of it is in the pipe, it is not carried out. Back come lines, from the shell and from all
 * shims: the number of what was asked for, and what came of it, which is nothing when it has failed.
 */
export class Starter {
  readonly #shell: ChildProcess;
  /** Absent when there was not a single descriptor left. */
  readonly #commands: (Writable & Partial<Pick<Socket, "unref">>) | null;
  readonly #answers: Socket | null;
  readonly #asked = new Map<string, (answer: string | undefined) => void>();
  readonly #unreaped = new Set<number>();
  #isGone = false;
  #failure = "";
  #said = "";
  #lastNumber = 0;
  #unmade: { readonly directory: string; readonly made: () => void }[] = [];
  /** By directory: FIFOs that were asked for and are not made yet. */
  readonly #making = new Map<string, Promise<void>>();
  #isMaking = false;
  #isReaping = false;
  readonly #patienceMilliseconds: number;

  /** It is killed when it says nothing for as long as `patienceMilliseconds`. */
  constructor({ patienceMilliseconds = usualPatienceMilliseconds } = {}) {
    this.#patienceMilliseconds = patienceMilliseconds;
    closeInheritedDescriptors();
    this.#shell = spawn("/bin/sh", ["-s", starterName], {
      ...{ cwd: "/", env: {}, detached: true, stdio: ["pipe", "ignore", "ignore", "pipe"] },
    });
    this.#shell.on("error", ({ message }) => this.#end(message));
    this.#shell.on("exit", () => this.#end("the shell that starts programs has ended"));
    this.#commands = this.#shell.stdin;
    this.#answers = (this.#shell.stdio?.[3] ?? null) as Socket | null;
    // Its end is told by the process.
    this.#commands?.on("error", () => {});
    this.#answers?.on("error", () => {});
    this.#answers?.setEncoding("latin1").on("data", (chunk: string) => this.#came(chunk));
    // Nobody waits for it but who asks.
    this.#shell.unref();
    this.#commands?.unref?.();
    this.#answers?.unref();
    this.#commands?.write(`${shimFunction}\n`);
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  /** Why it has gone. */
  get failure(): string {
    return this.#failure;
  }

  get pid(): number | undefined {
    return this.#shell.pid;
  }

  /**
   * Makes the FIFOs of a run, together with all that are asked for meanwhile, unless it does so already. Whether they are there
   * shows afterwards.
   */
  makeFifos(directory: string): Promise<void> {
    const underWay = this.#making.get(directory);
    if (underWay !== undefined) return underWay;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#making.set(directory, promise);
    this.#unmade.push({ directory, made: resolve });
    if (!this.#isMaking) void this.#makeAll();
    return promise;
  }

  /**
   * Starts a shim and gives what it says of its task: its entry in the process table, or nothing when it was not started.
   * Undefined when nobody says anything: then the starter has ended, but a shim of it may still be there.
   */
  start({ directory, workingDirectory, shim }: Start): Promise<string | undefined> {
    const number = this.#nextNumber();
    const { args, variables } = shim(number);
    refuseTooLong([...args, ...Object.entries(variables).map(([name, value]) => `${name}=${value}`)]);
    const exported = Object.entries(variables).map(([name, value]) => `${name}=${quoted(value)}`);
    const steps = [
      `trap 'echo ${number} >&3' EXIT`,
      `exec </dev/null >/dev/null 2>>${quoted(join(directory, supervisionFiles.complaints))}`,
      `cd -- ${quoted(workingDirectory)} || exit`,
      ...(exported.length === 0 ? [] : [`export ${exported.join(" ")}`]),
      `shim ${args.map(quoted).join(" ")}`,
    ];
    return this.#ask(number, `(${steps.join("; ")}) &`);
  }

  /** Takes notice of the end of a shim that has ended or is about to. */
  reap(shim: number): void {
    this.#unreaped.add(shim);
    this.#reapEnded();
  }

  async #makeAll(): Promise<void> {
    this.#isMaking = true;
    // All that is asked for in one turn is made by one program.
    await Promise.resolve();
    while (this.#unmade.length > 0) {
      const runs = this.#unmade.splice(0, mostRunsAtOnce);
      const { stdout, stderr } = supervisionFiles;
      const paths = runs.flatMap(({ directory }) => [join(directory, stdout), join(directory, stderr)]);
      const number = this.#nextNumber();
      await this.#ask(number, `/usr/bin/mkfifo -m 600 ${paths.map(quoted).join(" ")}; echo ${number} >&3`);
      for (const { directory, made } of runs) {
        this.#making.delete(directory);
        made();
      }
    }
    this.#isMaking = false;
  }

  #nextNumber(): string {
    this.#lastNumber += 1;
    return `${this.#lastNumber}`;
  }

  async #ask(number: string, command: string): Promise<string | undefined> {
    if (this.#isGone) return undefined;
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    this.#asked.set(number, resolve);
    this.#answers?.ref();
    const hangs = () => {
      if (!this.#asked.has(number)) return;
      this.#failure ||= "the shell that starts programs said nothing";
      this.#shell.kill("SIGKILL");
    };
    // An answer that has come while this process was held up itself is read first.
    const patience = setTimeout(() => setImmediate(hangs), this.#patienceMilliseconds);
    this.#commands?.write(`${command}\n`);
    const answer = await promise;
    clearTimeout(patience);
    this.#asked.delete(number);
    if (this.#asked.size === 0) this.#answers?.unref();
    return answer;
  }

  #end(failure: string): void {
    this.#isGone = true;
    this.#failure ||= failure;
    for (const answered of this.#asked.values()) answered(undefined);
  }

  #came(chunk: string): void {
    const lines = (this.#said + chunk).split("\n");
    this.#said = lines.pop() as string;
    for (const line of lines) {
      const [number = ""] = line.split(" ", 1);
      this.#asked.get(number)?.(line.slice(number.length + 1));
    }
  }

  /** The shell would wait for one that has not ended, and start nothing meanwhile. */
  #reapEnded(): void {
    for (const pid of this.#unreaped) {
      const entry = processEntry(pid);
      const isOurs = entry?.parent === this.pid && !this.#isGone;
      if (isOurs && !entry?.isZombie) continue;
      this.#unreaped.delete(pid);
      if (isOurs) this.#commands?.write(`wait ${pid}\n`);
    }
    if (this.#unreaped.size === 0 || this.#isReaping) return;
    this.#isReaping = true;
    const again = () => {
      this.#isReaping = false;
      this.#reapEnded();
    };
    setTimeout(again, reapMilliseconds).unref();
  }
}

let latest: Starter | undefined;

/** This process's starter; a new one when the last has ended. */
export function currentStarter(): Starter {
  if (latest === undefined || latest.isGone) latest = new Starter();
  return latest;
}

/** As one word of a shell. What it refuses it does not show: the values of variables may be secret. */
function quoted(text: string): string {
  if (text.includes("\0")) throw new Error("Cannot start a program: an argument or variable holds a null character");
  return `'${text.replaceAll("'", "'\\''")}'`;
}
