import * as z from "zod";
import type { Clock, Connection } from "../runtime/index.ts";
import { NoAnswer, ProtocolViolation, RemoteError } from "./errors.ts";
import { FramedStream } from "./framed-stream.ts";

/** Who is to answer: the leader of a region, or with `stale` any server; an empty region is the one that is asked. */
export interface SnapshotOptions {
  readonly region: string;
  readonly stale: boolean;
}

const saved = z.object({
  /** SHA-256 of the archive, in base64. */
  digest: z.string(),
  index: z.int().nonnegative(),
  knownLeader: z.boolean(),
  /** Nanoseconds since the answering server heard from the leader. */
  lastContact: z.number().nonnegative(),
});

/** A snapshot of the state as a file, and what is known of it beforehand. */
export interface SavedSnapshot extends z.infer<typeof saved> {
  readonly archive: AsyncIterable<Uint8Array>;
}

/** Copies the state of a cluster, and puts another in its place. */
export interface Snapshots {
  save(options: SnapshotOptions, signal: AbortSignal): Promise<SavedSnapshot>;
  /** `state` is the state in an archive, which was checked once all of it has been given. Resolves with the new index. */
  restore(state: AsyncIterable<Uint8Array>, options: SnapshotOptions, signal: AbortSignal): Promise<number>;
}

const asked = z.object({ ask: z.enum(["save", "restore"]), region: z.string(), stale: z.boolean() });
const restored = z.object({ index: z.int().nonnegative() });

/** Opens a connection for a snapshot to the server at `address`. Rejects with `NoAnswer`. */
export type Connect = (address: string, signal: AbortSignal) => Promise<Connection>;

/** Asks the server at `address`. Rejects with `RemoteError`, `NoAnswer` or the signal's reason. */
export function snapshotsOf(clock: Clock, connect: Connect, address: string): Snapshots {
  return {
    save: async (options, signal) => {
      const stream = await opened(clock, connect, address, signal);
      try {
        await stream.say({ ask: "save", ...options });
        const answer = saved.parse(saidIn(await stream.next()));
        return { ...answer, archive: untilClosed(stream) };
      } catch (error) {
        stream.close();
        throw lost(error, address, signal);
      }
    },
    restore: async (state, options, signal) => {
      const stream = await opened(clock, connect, address, signal);
      try {
        await stream.say({ ask: "restore", ...options });
        // Listened to from the beginning: a server that refuses does not take the rest.
        const answer = stream.next();
        await Promise.race([sendAll(stream, state), answer]);
        return restored.parse(saidIn(await answer)).index;
      } catch (error) {
        throw lost(error, address, signal);
      } finally {
        stream.close();
      }
    },
  };
}

/** Answers what `snapshotsOf` asks, until the exchange is over. */
export async function serveSnapshots(clock: Clock, connection: Connection, snapshots: Snapshots): Promise<void> {
  const stream = new FramedStream(clock, connection);
  const gone = new AbortController();
  try {
    const { ask, ...options } = asked.parse(saidIn(await stream.next()));
    if (ask === "save") {
      const { archive, ...about } = await snapshots.save(options, gone.signal);
      await stream.say(about);
      for await (const piece of archive) await stream.bytes(piece);
      await stream.end();
    } else {
      await stream.say({ index: await snapshots.restore(stream.incoming(), options, gone.signal) });
    }
    // Whoever asked closes, when it has read everything.
    await stream.next();
  } catch (error) {
    if (error instanceof z.ZodError) throw new ProtocolViolation(`A question that cannot be read: ${error.message}`);
    if (error instanceof ProtocolViolation) throw error;
    await stream.refuse(error instanceof Error ? error.message : String(error)).catch(() => undefined);
  } finally {
    gone.abort(new Error("The exchange is over"));
    stream.close();
  }
}

async function opened(clock: Clock, connect: Connect, address: string, signal: AbortSignal): Promise<FramedStream> {
  const stream = new FramedStream(clock, await connect(address, signal));
  signal.addEventListener("abort", () => stream.close(), { once: true });
  return stream;
}

async function* untilClosed(stream: FramedStream): AsyncGenerator<Uint8Array, void> {
  try {
    yield* stream.incoming();
  } finally {
    stream.close();
  }
}

/** Does not resolve before it is answered: what `state` throws ends the exchange, and nothing is restored. */
async function sendAll(stream: FramedStream, state: AsyncIterable<Uint8Array>): Promise<never> {
  for await (const piece of state) await stream.bytes(piece);
  await stream.end();
  return new Promise(() => {});
}

function saidIn(frame: Awaited<ReturnType<FramedStream["next"]>>): unknown {
  if (frame.kind !== "said") throw new ProtocolViolation(`Expected something said, found ${frame.kind}`);
  return frame.value;
}

function lost(error: unknown, address: string, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  const isOurs = error instanceof RemoteError || error instanceof NoAnswer;
  const isTheirs = error instanceof ProtocolViolation || error instanceof z.ZodError || isGone(error);
  if (isOurs || !isTheirs) return error;
  return new NoAnswer(address, error.message, { mayHaveRun: true, cause: error });
}

/** A connection that broke, in the words of whoever carries it. */
function isGone(error: unknown): error is Error {
  return error instanceof Error && (error.name === "StreamClosed" || "code" in error);
}
