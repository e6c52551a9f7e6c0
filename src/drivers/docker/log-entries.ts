import { takeFrame } from "./frames.ts";

/** A piece of a container's output. */
export interface LogEntry {
  /** Nanoseconds since the epoch, which a number could not hold. */
  readonly time: bigint;
  readonly text: Uint8Array;
}

/** A time as the engine writes it before each piece, with nine decimals, in UTC: `2026-11-23T07:00:07.147506265Z `. */
const stampBytes = 31;
/** The engine cuts longer lines; the parts bear one time. */
const longestPiece = 16 * 1024;
const newline = 10;

/**
 * Takes the output of a container apart, in whatever chunks it comes. Each piece is a line or a part of one. Without a
 * terminal each stands in a frame; on one they stand behind each other.
 */
export class LogEntries {
  readonly #isFramed: boolean;
  #rest: Uint8Array = new Uint8Array();
  #last: { readonly time: bigint; readonly isOpen: boolean; readonly parts: number } | undefined;

  constructor(options: { readonly tty: boolean }) {
    this.#isFramed = !options.tty;
  }

  /** The pieces that are whole by now. Throws when this is no output of a container. */
  take(chunk: Uint8Array): LogEntry[] {
    let rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const entries: LogEntry[] = [];
    for (;;) {
      const piece = this.#isFramed ? framedPiece(rest) : barePiece(rest, { isCut: this.#last?.isOpen ?? false });
      if (piece === undefined) break;
      entries.push(...this.#entriesOf(piece.stamp, piece.text));
      rest = rest.subarray(piece.bytes);
    }
    this.#rest = rest;
    return entries;
  }

  /** What is left at the end of the output: on a terminal the last line may not be whole. */
  end(): LogEntry[] {
    const rest = this.#rest;
    this.#rest = new Uint8Array();
    if (this.#isFramed || rest.length < stampBytes) return [];
    return [...this.#entriesOf(rest.subarray(0, stampBytes), rest.subarray(stampBytes))];
  }

  /**
   * Engines may forget the end of a line that they have cut. It is given back when another line follows: before that
   * nobody knows whether the line has ended.
   */
  *#entriesOf(stamp: Uint8Array, text: Uint8Array): Generator<LogEntry> {
    const time = timeOf(stamp);
    const last = this.#last;
    const open = last?.isOpen ? last : undefined;
    const parts = open?.time === time ? open.parts + 1 : 1;
    if (open !== undefined && open.parts > 1 && parts === 1) yield { time: open.time, text: lineEnd };
    this.#last = { time, isOpen: text.at(-1) !== newline, parts };
    yield { time, text };
  }
}

const lineEnd = Uint8Array.of(newline);

interface Piece {
  readonly stamp: Uint8Array;
  readonly text: Uint8Array;
  /** All that it took. */
  readonly bytes: number;
}

function framedPiece(bytes: Uint8Array): Piece | undefined {
  const frame = takeFrame(bytes);
  if (frame === undefined) return undefined;
  return { stamp: frame.content.subarray(0, stampBytes), text: frame.content.subarray(stampBytes), bytes: frame.bytes };
}

/** With `isCut` this may be the end of a line that was cut, behind which the next time may stand at once. */
function barePiece(bytes: Uint8Array, { isCut }: { readonly isCut: boolean }): Piece | undefined {
  const text = bytes.subarray(stampBytes, stampBytes + longestPiece);
  const end = text.indexOf(newline);
  const line = end >= 0 ? text.subarray(0, end + 1) : text;
  const next = isCut ? Buffer.from(line).toString("latin1").search(stampWithin) : -1;
  const isWhole = end >= 0 || text.length === longestPiece;
  const length = next >= 0 ? next : isWhole ? line.length : undefined;
  if (length === undefined) return undefined;
  return { stamp: bytes.subarray(0, stampBytes), text: text.subarray(0, length), bytes: stampBytes + length };
}

const stampWithin = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z /;
const stampForm = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{9})Z $/;

function timeOf(stamp: Uint8Array): bigint {
  const [, toSecond, nanoseconds] = stampForm.exec(Buffer.from(stamp).toString("latin1")) ?? [];
  if (toSecond === undefined || nanoseconds === undefined)
    throw new Error("the engine's log has a piece without a time");
  return BigInt(Date.parse(`${toSecond}Z`)) * 1_000_000n + BigInt(nanoseconds);
}
