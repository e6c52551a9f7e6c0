import type { FileChunk } from "../api/index.ts";
import { type Duration, type Instant, later, milliseconds, seconds } from "../base/index.ts";
import type { Clock } from "../runtime/index.ts";
import { goJSON } from "../wire/index.ts";

/** How long bytes wait for more of their file, so that a chatty program does not make a frame of every line. */
const batchTime: Duration = milliseconds(200);
const longestFrameBytes = 64 * 1024;
/** How long nothing is said before an empty frame shows that the stream lives. */
const heartbeatTime: Duration = seconds(1);

const heartbeat = "{}";

/**
 * Followed bytes as the frames of `/v1/client/fs/stream` and `logs`: JSON objects, one after the other. A frame holds
 * bytes of one file and at most one event. Ends when the chunks do, or when the signal fires.
 */
export async function* framesOf(
  chunks: AsyncIterable<FileChunk>,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<string, void> {
  const arrivals = new Arrivals(piecesOf(chunks), clock, signal);
  try {
    yield* batchedFrames(arrivals, clock, signal);
  } finally {
    arrivals.leave();
  }
}

async function* batchedFrames(
  arrivals: Arrivals<FileChunk>,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<string, void> {
  let batch: Batch | undefined;
  let beat = later(clock.now(), heartbeatTime);
  while (!signal.aborted) {
    const arrived = await arrivals.nextBy(batch?.due ?? beat).catch((cause: unknown) => ({ cause }));
    if (signal.aborted) return;
    if (arrived !== undefined && "cause" in arrived) {
      if (batch !== undefined) yield batch.frame();
      throw arrived.cause;
    }
    const chunk = arrived?.value || undefined;
    if (batch !== undefined && (chunk === undefined || !batch.takes(chunk))) {
      yield batch.frame();
      batch = undefined;
      beat = later(clock.now(), heartbeatTime);
    } else if (arrived === undefined) {
      yield heartbeat;
      beat = later(clock.now(), heartbeatTime);
    }
    if (arrived?.done === true) return;
    if (chunk === undefined) continue;
    if (batch === undefined) batch = new Batch(chunk, later(clock.now(), batchTime));
    else batch.add(chunk);
  }
}

/** Bytes that will be one frame. */
class Batch {
  readonly due: Instant;
  readonly #first: FileChunk;
  readonly #parts: Uint8Array[];
  #length: number;

  constructor(first: FileChunk, due: Instant) {
    this.due = due;
    this.#first = first;
    this.#parts = [first.data];
    this.#length = first.data.length;
  }

  takes({ file, event, data }: FileChunk): boolean {
    return (
      event === undefined &&
      this.#first.event !== "file deleted" &&
      file === this.#first.file &&
      this.#length + data.length <= longestFrameBytes
    );
  }

  add({ data }: FileChunk): void {
    this.#parts.push(data);
    this.#length += data.length;
  }

  frame(): string {
    const { file, event, offset } = this.#first;
    return goJSON({
      Data: this.#length === 0 ? undefined : Buffer.concat(this.#parts).toString("base64"),
      File: file,
      FileEvent: event,
      Offset: offset === 0 ? undefined : offset,
    });
  }
}

/** The chunks, those that are longer than a frame cut in parts. */
async function* piecesOf(chunks: AsyncIterable<FileChunk>): AsyncGenerator<FileChunk, void> {
  for await (const chunk of chunks) {
    const { file, data, event } = chunk;
    if (data.length <= longestFrameBytes) {
      yield chunk;
      continue;
    }
    const start = chunk.offset - data.length;
    for (let at = 0; at < data.length; at += longestFrameBytes) {
      const part = data.subarray(at, at + longestFrameBytes);
      yield { file, data: part, offset: start + at + part.length, event: at === 0 ? event : undefined };
    }
  }
}

/** What an iterable brings, one after the other, unless time passes first. Asks for one ahead of what was taken. */
class Arrivals<Value> {
  readonly #source: AsyncGenerator<Value, void>;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  /** Returns what came, or throws what went wrong. */
  #arrived: (() => IteratorResult<Value, void>) | undefined;
  #wake = () => {};

  constructor(source: AsyncGenerator<Value, void>, clock: Clock, signal: AbortSignal) {
    this.#source = source;
    this.#clock = clock;
    this.#signal = signal;
    signal.addEventListener("abort", () => this.#wake(), { once: true });
    this.#ask();
  }

  /** Undefined when nothing came in time, or when the signal fired. */
  async nextBy(when: Instant): Promise<IteratorResult<Value, void> | undefined> {
    if (this.#arrived === undefined && !this.#signal.aborted) await this.#somethingBy(when);
    const result = this.#arrived?.();
    this.#arrived = undefined;
    if (result?.done === false) this.#ask();
    return result;
  }

  /** Lets the source go, with what it holds open: it may stand at a value that was asked for and never taken. */
  leave(): void {
    // Not waited for: a source that is busy comes to its end only when its own wait does.
    this.#source.return().catch(() => undefined);
  }

  #somethingBy(when: Instant): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.at(when, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }

  #ask(): void {
    const came = (arrived: () => IteratorResult<Value, void>) => {
      this.#arrived = arrived;
      this.#wake();
    };
    this.#source.next().then(
      (result) => came(() => result),
      (error: unknown) =>
        came(() => {
          throw error;
        }),
    );
  }
}
