import { join } from "node:path";
import { between, seconds } from "../../base/index.ts";
import { type Clock, type Disk, type Log, pause } from "../../runtime/index.ts";
import type { LogEnd } from "../driver.ts";
import { type Engine, isMissing } from "./engine.ts";
import { LogEntries, type LogEntry } from "./log-entries.ts";
import { beginning, CursorFile, CursorWalk, type OutputCursor, sinceCursor } from "./output-cursor.ts";

/** How long to wait before an engine that does not answer is asked again. */
const askAgainAfter = seconds(1);
/** How often it is kept how far the output was delivered: what came since is read again, and passed over, after a crash. */
const keepEvery = seconds(5);

/** One output of one container. */
export interface OutputSource {
  readonly clock: Clock;
  readonly disk: Disk;
  readonly log: Log;
  readonly engine: Engine;
  readonly containerID: string;
  readonly stream: "stdout" | "stderr";
  readonly tty: boolean;
  /** Where it is kept how far the output was delivered. */
  readonly directory: string;
  readonly logEnd: LogEnd | undefined;
}

/**
 * All that a container writes, from the beginning or from where an earlier agent had got to, to its end or until
 * `signal` fires. An engine that goes away is waited for. What was handed out counts as delivered once more is asked for.
 */
export async function* containerOutput(source: OutputSource, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const { clock, engine, containerID } = source;
  const keeper = await CursorKeeper.open(source);
  let follow = true;
  while (!signal.aborted) {
    try {
      yield* keeper.delivering(engine.logs(containerID, keeper.request(follow), signal));
      // An engine that is stopped ends its answers too. What came before the end may have been passed over by following.
      if (!follow) return;
      follow = (await engine.container(containerID))?.State.Running ?? false;
      if (follow) await pause(clock, askAgainAfter, signal);
    } catch (error) {
      if (signal.aborted || isMissing(error)) return;
      source.log.debug("output of a container is not to be had now", { containerID, reason: String(error) });
      await pause(clock, askAgainAfter, signal);
    } finally {
      await keeper.keep();
    }
  }
}

/** Knows what was delivered, and keeps it. */
class CursorKeeper {
  readonly #source: OutputSource;
  readonly #file: CursorFile;
  /** What the last life of the agent wrote after it had kept the cursor. */
  #surplusBytes: number;
  #delivered: OutputCursor;
  /** Where the log ended when so much was delivered. */
  #mark: string;
  #keptAt: ReturnType<Clock["now"]>;
  #isKept = true;

  private constructor(source: OutputSource, file: CursorFile, from: OutputCursor, surplusBytes: number) {
    this.#source = source;
    this.#file = file;
    this.#delivered = from;
    this.#mark = source.logEnd?.mark() ?? "";
    this.#surplusBytes = surplusBytes;
    this.#keptAt = source.clock.now();
  }

  static async open(source: OutputSource): Promise<CursorKeeper> {
    const file = new CursorFile(source.disk, join(source.directory, `${source.stream}.cursor`));
    const kept = await file.read();
    if (kept === undefined) {
      const keeper = new CursorKeeper(source, file, beginning, 0);
      keeper.#isKept = false;
      await keeper.keep();
      return keeper;
    }
    const surplus = await source.logEnd?.bytesSince(kept.mark).catch((error) => {
      source.log.warn("it is not known how much of an output was written", { reason: String(error) });
      return undefined;
    });
    return new CursorKeeper(source, file, kept.cursor, surplus ?? 0);
  }

  request(follow: boolean) {
    return { stream: this.#source.stream, since: sinceCursor(this.#delivered), follow };
  }

  /** What is new in an answer of the engine. */
  async *delivering(answer: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const walk = new CursorWalk(this.#delivered);
    const entries = new LogEntries({ tty: this.#source.tty });
    for await (const chunk of answer) yield* this.#handOut(walk, entries.take(chunk));
    yield* this.#handOut(walk, entries.end());
  }

  /** Keeps how far the output was delivered, if that is not known on the disk yet. */
  async keep(): Promise<void> {
    if (this.#isKept) return;
    try {
      await this.#write();
    } catch (error) {
      this.#source.log.warn("it cannot be kept how far an output was read", { reason: String(error) });
    }
  }

  async #write(): Promise<void> {
    this.#keptAt = this.#source.clock.now();
    this.#isKept = true;
    await this.#file.write(this.#delivered, this.#mark);
  }

  async *#handOut(walk: CursorWalk, entries: readonly LogEntry[]): AsyncGenerator<Uint8Array> {
    const text = this.#withoutSurplus(
      Buffer.concat(entries.filter((each) => walk.isNew(each)).map((each) => each.text)),
    );
    if (text.length > 0) yield text;
    if (entries.length === 0) return;
    this.#delivered = walk.cursor;
    this.#mark = this.#source.logEnd?.mark() ?? "";
    this.#isKept = false;
    if (between(this.#keptAt, this.#source.clock.now()) >= keepEvery) await this.keep();
  }

  #withoutSurplus(text: Uint8Array): Uint8Array {
    const surplus = Math.min(this.#surplusBytes, text.length);
    this.#surplusBytes -= surplus;
    return text.subarray(surplus);
  }
}
