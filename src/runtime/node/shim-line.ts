import type { ChildProcess } from "node:child_process";
import type { Socket } from "node:net";
import { complaints } from "./exit-record.ts";

/** The line between the agent and a shim that is starting a task: words, each on a line, over the shim's descriptor 3. */
export class ShimLine {
  readonly #socket: Socket | undefined;
  #said = "";
  #failure: Error | undefined;
  #wake: () => void = () => {};

  constructor(shim: ChildProcess, directory: string) {
    shim.on("error", (cause) => this.#fail(cause.message, cause));
    // Without a single free descriptor there is no socket either, only that error.
    this.#socket = shim.stdio?.[3] as Socket | undefined;
    this.#socket?.setEncoding("latin1").on("data", (chunk: string) => {
      this.#said += chunk;
      this.#wake();
    });
    // The end comes after the last of the data: a task of a moment is not taken for one that did not start.
    this.#socket?.on("end", () => this.#fail(complaints(directory)));
    this.#socket?.on("error", (cause) => this.#fail(complaints(directory) || cause.message, cause));
  }

  /** The next line the shim says, with its end. Rejects, with the shim's complaint, when there is none. */
  async next(): Promise<string> {
    for (;;) {
      const end = this.#said.indexOf("\n") + 1;
      if (end > 0) {
        const line = this.#said.slice(0, end);
        this.#said = this.#said.slice(end);
        return line;
      }
      if (this.#failure !== undefined) throw this.#failure;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  say(word: string): void {
    this.#socket?.write(`${word}\n`);
  }

  close(): void {
    this.#socket?.destroy();
  }

  #fail(reason: string, cause?: unknown): void {
    this.#failure ??= new Error(`Cannot start a program: ${reason}`, { cause });
    this.#wake();
  }
}
