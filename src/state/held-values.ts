import { assert } from "../base/index.ts";
import type { RecordKind } from "./record-kinds.ts";

const TEXT_SLOTS = 4096;
/** Room for a UUID. */
const LONGEST_TEXT = 40;
/** How much of a text's beginning and end tells it from others. */
const [TEXT_HEAD, TEXT_TAIL] = [4, 6];

const LEAF_SLOTS = 256;
/** In bytes, without the first. */
export const LONGEST_LEAF = 96;
/** How much of a leaf's beginning tells it from others. */
const LEAF_HEAD = 8;

/**
 * The texts that were read lately, so that one which comes again is the same string: it is not made anew, and takes no
 * memory. Each has one place where it may be, and drives out the one before. None but ASCII is held, in which a
 * character is a byte.
 */
export class HeldTexts {
  readonly #texts: string[] = new Array<string>(TEXT_SLOTS).fill("");

  /** The text of `length` bytes from `start` on. */
  read(bytes: Buffer, start: number, length: number): string {
    const end = start + length;
    if (length > LONGEST_TEXT) return bytes.toString("utf8", start, end);
    const slot = slotOf(bytes, start, end);
    const held = this.#texts[slot]!;
    if (held.length === length && isAt(held, bytes, start)) return held;
    const text = bytes.toString("utf8", start, end);
    if (text.length === length) this.#texts[slot] = text;
    return text;
  }
}

function slotOf(bytes: Buffer, start: number, end: number): number {
  let hash = end - start;
  const head = Math.min(start + TEXT_HEAD, end);
  for (let at = start; at < head; at++) hash = mixed(hash, bytes[at]!);
  for (let at = Math.max(head, end - TEXT_TAIL); at < end; at++) hash = mixed(hash, bytes[at]!);
  return folded(hash) & (TEXT_SLOTS - 1);
}

function isAt(text: string, bytes: Buffer, start: number): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[start + i]) return false;
  return true;
}

/** A short value as it was read. */
export interface Leaf {
  readonly token: number;
  readonly kind: RecordKind | undefined;
  readonly value: object;
  /** All but the first, at most `LONGEST_LEAF`. */
  readonly bytes: Uint8Array;
}

/**
 * The short values that were read lately, by the bytes they were read from: those that describe no kind of record, so that the
 * bytes mean the same for as long as the kinds are the same. They are frozen, since many hold them.
 */
export class HeldLeaves {
  readonly #values: object[] = new Array<object>(LEAF_SLOTS).fill({});
  readonly #tokens = new Uint8Array(LEAF_SLOTS);
  readonly #kinds: (RecordKind | undefined)[] = new Array<undefined>(LEAF_SLOTS).fill(undefined);
  readonly #lengths = new Uint8Array(LEAF_SLOTS);
  readonly #bytes = new Uint8Array(LEAF_SLOTS * LONGEST_LEAF);

  /** Forgets all. */
  clear(): void {
    this.#tokens.fill(0);
  }

  /** Where the value belongs that begins with `token` and goes on at `start`. */
  slotOf(token: number, bytes: Buffer, start: number): number {
    let hash = token;
    const end = Math.min(start + LEAF_HEAD, bytes.length);
    for (let at = start; at < end; at++) hash = mixed(hash, bytes[at]!);
    return folded(hash) & (LEAF_SLOTS - 1);
  }

  /** Whether the value in `slot` is of that kind, if it is a record, begins with `token` and goes on as `bytes` do at `start`. */
  isHeld(slot: number, token: number, kind: RecordKind | undefined, bytes: Buffer, start: number): boolean {
    if (this.#tokens[slot] !== token || this.#kinds[slot] !== kind) return false;
    const length = this.#lengths[slot]!;
    if (start + length > bytes.length) return false;
    const room = slot * LONGEST_LEAF;
    for (let i = 0; i < length; i++) if (this.#bytes[room + i] !== bytes[start + i]) return false;
    return true;
  }

  valueAt(slot: number): object {
    return this.#values[slot]!;
  }

  /** In bytes, without the first. */
  lengthAt(slot: number): number {
    return this.#lengths[slot]!;
  }

  /** Keeps a value in its slot. */
  hold(slot: number, { token, kind, value, bytes }: Leaf): void {
    const { length } = bytes;
    assert(length <= LONGEST_LEAF, "only what is short is held");
    this.#values[slot] = Object.freeze(value);
    this.#tokens[slot] = token;
    this.#kinds[slot] = kind;
    this.#lengths[slot] = length;
    this.#bytes.set(bytes, slot * LONGEST_LEAF);
  }
}

function mixed(hash: number, byte: number): number {
  return Math.imul(hash, 31) + byte;
}

function folded(hash: number): number {
  return hash ^ (hash >>> 12);
}
