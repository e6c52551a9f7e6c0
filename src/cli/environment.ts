import type { AgentProcess } from "../agent/index.ts";
import type { Transport } from "../api/index.ts";
import type { Duration, Instant, Random } from "../base/index.ts";
import type { ZoneAt } from "./format/times.ts";

/** Where text goes: the terminal, a pipe, a file. */
export interface Output {
  write(chunk: string | Uint8Array): void;
}

/**
 * Files that a job file names, read where it is evaluated. Paths are absolute. What cannot be read is an `Unreadable`,
 * whose message says why.
 */
export interface LocalFiles {
  /** What a path is; undefined if there is nothing. Links are followed. */
  kind(path: string): "file" | "directory" | "other" | undefined;
  /** The bytes of a file that is short enough. */
  read(path: string): Uint8Array;
  /** The names in a directory, sorted. */
  list(path: string): readonly string[];
}

/** Files that belong to the user, such as those that shells read at their start. All may reject with a Node error code. */
export interface UserFiles {
  /** Whether there is a file or a directory. */
  exists(path: string): Promise<boolean>;
  /** The text; undefined if there is no file. */
  read(path: string): Promise<string | undefined>;
  /** Writes over a file, or makes it with its directories. */
  write(path: string, text: string): Promise<void>;
  remove(path: string): Promise<void>;
}

/** Everything a command may ask of the process it runs in. `main.ts` makes the real one, tests make theirs. */
export interface Environment {
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly output: Output;
  readonly errors: Output;
  /** Whether people see the output as it is, with its colours. */
  terminal(): boolean;
  /** Standard input. Nothing is read before it is asked for. */
  readonly input: AsyncIterable<Uint8Array>;
  readonly workingDirectory: string;
  /** The user's time zone. */
  readonly zoneAt: ZoneAt;
  readonly random: Pick<Random, "below">;
  now(): Instant;
  sleep(time: Duration): Promise<void>;
  /** The bytes of a file, as they are asked for; fails with a Node error code, such as `ENOENT`. */
  readFile(path: string): AsyncIterable<Uint8Array>;
  readonly localFiles: LocalFiles;
  /** Puts another text into a file that exists, whole or not at all; rejects with a Node error code. */
  replaceFile(path: string, text: string): Promise<void>;
  /** Writes a file that must not exist; rejects with `EEXIST` if it does. */
  createFile(path: string, text: string, mode: number): Promise<void>;
  /**
   * Writes a file that must not exist, whole or not at all: rejects with `EEXIST` if it does, and with what `pieces` throws.
   */
  saveFile(path: string, pieces: AsyncIterable<Uint8Array>, mode: number): Promise<void>;
  userFiles(): Promise<UserFiles>;
  /** The path by which others can start this command. */
  readonly program: string;
  /** Carries requests to the agent at a URL; throws a `TypeError` when the address is none. */
  transport(address: string): Transport;
  /** From the first call on, an interrupt or a request to end fires this signal instead of ending the process. */
  interruption(): AbortSignal;
  /** What an agent needs of its process. From the first call on, signals come to it alone. */
  agentProcess(): AgentProcess;
}
