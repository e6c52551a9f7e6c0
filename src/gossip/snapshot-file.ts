import { dirname } from "node:path/posix";
import { between, deepEqual, later, milliseconds } from "../base/index.ts";
import type { OpenFile, Runtime } from "../runtime/index.ts";
import { formatEndpoint } from "./endpoint.ts";
import type { GossipEvent } from "./events.ts";
import {
  aliveLine,
  clockLines,
  formatSnapshot,
  goneLine,
  LEAVE_LINE,
  parseSnapshot,
  type Remembered,
} from "./snapshot.ts";

const FLUSH_INTERVAL = milliseconds(500);
const SMALLEST_COMPACTION_BYTES = 128 * 1024;
const BYTES_A_MEMBER = 128;

const timers = {
  appendLine: ["serf", "snapshot", "appendLine"],
  compact: ["serf", "snapshot", "compact"],
};

/**
 * Keeps the snapshot: lines are added as things happen, written twice a second, and when the file has grown far beyond
 * what it says it is written anew. What cannot be written is told to the log; the pool goes on without.
 */
export class SnapshotFile {
  /** What stood there at the start. */
  readonly remembered: Remembered;
  readonly #runtime: Pick<Runtime, "disk" | "clock" | "log" | "metrics">;
  readonly #path: string;
  readonly #alive: Map<string, string>;
  #clocks: Remembered["clocks"];
  #file: OpenFile | undefined;
  #pending = "";
  #sizeBytes = 0;
  #working: Promise<void> | undefined;
  #hasFailed = false;
  #hasLeft = false;
  #cancelFlush: (() => void) | undefined;

  /** Reads what is there; nothing is fine. */
  static async open(
    runtime: Pick<Runtime, "disk" | "clock" | "log" | "metrics">,
    path: string,
    options: { readonly rejoinAfterLeave: boolean },
  ): Promise<SnapshotFile> {
    let text = "";
    try {
      text = Buffer.from(await runtime.disk.read(path)).toString();
    } catch (error) {
      if ((error as { code?: string }).code !== "ENOENT") throw error;
    }
    await runtime.disk.makeDirectory(dirname(path));
    const snapshot = new SnapshotFile(runtime, path, parseSnapshot(text, options));
    await snapshot.#attempt(() => snapshot.#rewrite());
    return snapshot;
  }

  private constructor(
    runtime: Pick<Runtime, "disk" | "clock" | "log" | "metrics">,
    path: string,
    remembered: Remembered,
  ) {
    this.#runtime = runtime;
    this.#path = path;
    this.remembered = remembered;
    this.#alive = new Map(remembered.alive);
    this.#clocks = remembered.clocks;
  }

  /** Takes down what happened, and how the clocks stand after it. */
  note(events: readonly GossipEvent[], clocks: Remembered["clocks"]): void {
    for (const event of events) this.#noteEvent(event);
    if (!deepEqual(clocks, this.#clocks)) {
      this.#clocks = clocks;
      this.#pending += clockLines(clocks);
    }
    if (this.#pending !== "") this.#flushSoon();
  }

  noteLeave(): void {
    this.#hasLeft = true;
    this.#pending += LEAVE_LINE;
    this.#flushSoon();
  }

  /** Writes what is left. */
  async close(): Promise<void> {
    this.#cancelFlush?.();
    await this.#working;
    await this.#flush();
    await this.#file?.close();
    this.#file = undefined;
  }

  #noteEvent(event: GossipEvent): void {
    if (event.kind === "join" || event.kind === "update") {
      const { name } = event.member;
      const address = formatEndpoint(event.member);
      if (this.#alive.get(name) === address) return;
      this.#alive.set(name, address);
      this.#pending += aliveLine(name, address);
    } else if (event.kind === "leave" || event.kind === "failed") {
      this.#alive.delete(event.member.name);
      this.#pending += goneLine(event.member.name);
    }
  }

  #flushSoon(): void {
    if (this.#cancelFlush !== undefined || this.#working !== undefined) return;
    const { clock } = this.#runtime;
    this.#cancelFlush = clock.at(later(clock.now(), FLUSH_INTERVAL), () => {
      this.#cancelFlush = undefined;
      this.#working = this.#flush().finally(() => {
        this.#working = undefined;
        if (this.#pending !== "") this.#flushSoon();
      });
    });
  }

  async #flush(): Promise<void> {
    const text = this.#pending;
    this.#pending = "";
    if (text !== "") await this.#attempt(() => this.#append(text));
  }

  /** Never rejects: one line tells of a disk that fails, however long it does. */
  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.#hasFailed = false;
    } catch (error) {
      // The file is written whole next time: what is lost now is in there.
      await this.#file?.close().catch(() => undefined);
      this.#file = undefined;
      if (!this.#hasFailed) this.#runtime.log.error(`Failed to update snapshot: ${(error as Error).message}`);
      this.#hasFailed = true;
    }
  }

  async #append(text: string): Promise<void> {
    const largest = Math.max(SMALLEST_COMPACTION_BYTES, 2 * BYTES_A_MEMBER * this.#alive.size);
    if (this.#file === undefined || this.#sizeBytes > largest) return this.#rewrite();
    const bytes = Buffer.from(text);
    const { clock, metrics } = this.#runtime;
    const began = clock.now();
    await this.#file.append(bytes);
    metrics.time(timers.appendLine, between(began, clock.now()));
    this.#sizeBytes += bytes.length;
  }

  async #rewrite(): Promise<void> {
    const { disk, clock, metrics } = this.#runtime;
    const began = clock.now();
    const text = formatSnapshot({ alive: this.#alive, clocks: this.#clocks });
    const bytes = Buffer.from(this.#hasLeft ? `${text}${LEAVE_LINE}` : text);
    await this.#file?.close();
    this.#file = undefined;
    await disk.writeAtomically(this.#path, bytes);
    this.#file = await disk.open(this.#path, "append");
    metrics.time(timers.compact, between(began, clock.now()));
    this.#sizeBytes = bytes.length;
  }
}
