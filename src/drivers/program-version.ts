import { seconds } from "../base/index.ts";
import type { Runtime } from "../runtime/index.ts";
import { pathOnHost } from "./command.ts";
import { DriverStartError } from "./driver.ts";
import { runWithin } from "./run-within.ts";

/** How long a program may take to say its version; a loaded machine starts a Java VM in seconds. */
const patience = seconds(30);

/** What a program of the host says of itself, or why it says nothing. */
export type ProgramWords = { readonly path: string; readonly text: string } | { readonly obstacle: string };

/** Asks a program of the host for its version: once, and again when its file has changed. */
export class ProgramVersion {
  readonly #runtime: Runtime;
  readonly #name: string;
  readonly #args: readonly string[];
  #asked: { readonly file: string; readonly words: ProgramWords } | undefined;

  constructor(runtime: Runtime, name: string, args: readonly string[]) {
    this.#runtime = runtime;
    this.#name = name;
    this.#args = args;
  }

  /** Where the program really is, with links followed, and what it says. */
  async words(): Promise<ProgramWords> {
    const { disk, processes } = this.#runtime;
    const named = await pathOnHost(disk, this.#name, processes.environment.PATH ?? "");
    if (named === undefined) return { obstacle: `program "${this.#name}" not found` };
    const file = await disk.open(named, "read");
    try {
      const [path, status] = await Promise.all([file.realPath(), file.status()]);
      const identity = `${path} ${status.sizeBytes} ${status.modifiedAt}`;
      if (this.#asked?.file !== identity) this.#asked = { file: identity, words: await this.#ask(path) };
      return this.#asked.words;
    } finally {
      await file.close();
    }
  }

  async #ask(path: string): Promise<ProgramWords> {
    const program = { command: path, args: this.#args, env: {}, workingDirectory: "/" };
    try {
      const { exitCode, stdout, stderr } = await runWithin(this.#runtime, program, patience);
      return exitCode === 0 ? { path, text: stdout + stderr } : { obstacle: `"${path}" exits with ${exitCode}` };
    } catch (error) {
      return { obstacle: `"${path}" does not run: ${(error as Error).message}` };
    }
  }
}

/** The path at which the program was found; throws `DriverStartError` if it was not. */
export async function foundAt(version: ProgramVersion): Promise<string> {
  const words = await version.words();
  if ("obstacle" in words) throw new DriverStartError(words.obstacle);
  return words.path;
}
