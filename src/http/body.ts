import type * as z from "zod";
import { Refusal } from "../api/index.ts";
import { type ByteBudget, between, type Duration, type Instant, later, milliseconds, seconds } from "../base/index.ts";
import { type Clock, type HttpRequest, inTurns } from "../runtime/index.ts";
import { describeIssues, JSONReader, readInSteps, safeRead } from "../wire/index.ts";

/** A body may pause this long at first; from then on it must come at `slowestBytesPerSecond` at least. */
const grace: Duration = seconds(10);
const slowestBytesPerSecond = 1024;
/** Bytes of a body that need no part of the budget. */
const freeLength = 1024 * 1024;
/** Bytes that are parsed before others have their turn. A process that has parsed nothing yet takes up to ten times as long. */
const sliceBytes = 256 * 1024;

/** How a body is read. */
export interface BodyOptions {
  readonly clock: Clock;
  readonly maxBytes: number;
  /** What long bodies may take in memory together, each until its request is over. */
  readonly budget: ByteBudget;
  /** Fires when the request is over. */
  readonly signal: AbortSignal;
}

/** What a body says; whether it is so long that others must have their turn while something is made of it. */
export interface JSONBody {
  readonly value: unknown;
  readonly isLong: boolean;
}

/** Reads a body of JSON. Throws `Refusal` (413, 408, 503) or `InvalidJSON`. */
export async function readJSONBody(request: HttpRequest, options: BodyOptions): Promise<JSONBody> {
  const { clock, signal } = options;
  const reader = new JSONReader(await readBody(request, options));
  let isLong = false;
  while (!reader.advance(sliceBytes)) {
    isLong = true;
    await clock.sleep(milliseconds(0), signal);
  }
  // What is made of a long value takes a while too.
  if (isLong) await clock.sleep(milliseconds(0), signal);
  return { value: reader.value, isLong };
}

/** Makes of a body what a schema says. Throws `Refusal` (400) with the first thing that is wrong. */
export async function readBodyAs<Schema extends z.ZodType>(
  schema: Schema,
  { value, isLong }: JSONBody,
  clock: Clock,
): Promise<z.output<Schema>> {
  const read = isLong ? await inTurns(clock, readInSteps(schema, value)) : safeRead(schema, value);
  if (!read.success) throw new Refusal(400, `Cannot read request body: ${describeIssues(read.error)}`);
  return read.data;
}

async function readBody(request: HttpRequest, { clock, maxBytes, budget, signal }: BodyOptions): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  const charge = untilAborted(budget, signal);
  let length = 0;
  for await (const piece of bodyPieces(request, { clock, maxBytes })) {
    parts.push(piece);
    length += piece.length;
    if (length <= freeLength || charge(piece.length)) continue;
    throw new Refusal(503, "too many large requests at once; ask again in a moment");
  }
  return parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts);
}

/** A body as it comes; what its reader takes to read it does not count as the sender's slowness. Throws `Refusal` (413, 408). */
export async function* bodyPieces(
  request: HttpRequest,
  { clock, maxBytes }: { readonly clock: Clock; readonly maxBytes: number },
): AsyncGenerator<Uint8Array, void> {
  if (Number(request.headers["content-length"] ?? 0) > maxBytes) throw tooBig(maxBytes);
  const chunks = request.body[Symbol.asyncIterator]();
  let firstDeadline = later(clock.now(), grace);
  let length = 0;
  for (;;) {
    const deadline = later(firstDeadline, seconds(length / slowestBytesPerSecond));
    const next = await byDeadline(chunks.next(), clock, deadline);
    if (next.done === true) return;
    length += next.value.length;
    if (length > maxBytes) {
      await chunks.return?.();
      throw tooBig(maxBytes);
    }
    const given = clock.now();
    yield next.value;
    firstDeadline = later(firstDeadline, between(given, clock.now()));
  }
}

function tooBig(maxBytes: number): Refusal {
  return new Refusal(413, `request body is larger than ${maxBytes} bytes`);
}

/** Takes from the budget what is given back when the signal fires; the result says whether there was so much. */
function untilAborted(budget: ByteBudget, signal: AbortSignal): (bytes: number) => boolean {
  let taken = 0;
  return (bytes) => {
    if (signal.aborted || !budget.take(bytes)) return false;
    if (taken === 0) signal.addEventListener("abort", () => budget.give(taken), { once: true });
    taken += bytes;
    return true;
  };
}

function byDeadline<Value>(value: Promise<Value>, clock: Clock, deadline: Instant): Promise<Value> {
  return new Promise((resolve, reject) => {
    const cancel = clock.at(deadline, () => reject(new Refusal(408, "request body comes too slowly")));
    value.then(
      (found) => {
        cancel();
        resolve(found);
      },
      (error: unknown) => {
        cancel();
        reject(error);
      },
    );
  });
}
