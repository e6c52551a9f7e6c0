import { type Dictionary, dictionary } from "../base/index.ts";
import { quickJSON } from "./quick-json.ts";
import { unread } from "./quick-reading.ts";

/** Values nested deeper than this are refused. The deepest job anyone has written is nested about ten deep. */
export const deepestJSON = 128;
/** Keys of one object; more are refused. To look through them takes V8 most of a tenth of a second, all at once. */
export const mostJSONKeys = 65_536;
/** A number written with more characters than this is refused: no value that we read needs them. */
const longestNumber = 1_000;

/** What a value may grow to in memory, in bytes, by the estimate below: some texts grow eighty times. */
const mostMemory = 256 * 1024 * 1024;
/** About what V8 takes for an empty list, an empty dictionary, and one element or field of them. */
const listWeight = 64;
const dictionaryWeight = 250;
const elementWeight = 16;
const fieldWeight = 40;

/** A text is not the JSON we read; the message is the one Go's decoder gives where it has one. */
export class InvalidJSON extends Error {
  override readonly name = "InvalidJSON";
}

type Container = { readonly list: unknown[] } | { readonly object: Dictionary<unknown>; key: string; keys: number };

/** What may come next, at a place where white space may stand. */
type Expected = "value" | "value or ]" | "key" | "key or }" | "colon" | ", or ]" | ", or }" | "end";

/**
 * Reads one JSON value as Go does: invalid UTF-8 becomes U+FFFD, and of a repeated key the last one counts. Objects
 * have no prototype, so that every key is data. Numbers become doubles: schemas refuse those that lost digits where
 * that matters. Throws `InvalidJSON` also for what is nested too deep, for an object with too many keys, for a number beyond
 * a double, for a value that would take too much memory, and for anything after the value.
 *
 * It goes on from where it stopped, so that others can have their turn in between, and holds its own stack, so that no
 * sender picks the depth of ours.
 */
export class JSONReader {
  readonly #bytes: Buffer;
  readonly #open: Container[] = [];
  #at = 0;
  #expected: Expected = "value";
  #weight = 0;
  #value: unknown;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Reads about `budget` more bytes; true when all is read and `value` is there. */
  advance(budget: number): boolean {
    if (this.#at === 0 && budget >= this.#bytes.length && this.#readQuickly()) return true;
    const until = this.#at + budget;
    while (this.#at < until) {
      const byte = this.#skipSpace();
      if (byte === undefined) return this.#finish();
      this.#step(byte);
    }
    return false;
  }

  get value(): unknown {
    return this.#value;
  }

  #readQuickly(): boolean {
    const value = quickJSON(this.#bytes, deepestJSON);
    if (value === unread) return false;
    this.#value = value;
    this.#at = this.#bytes.length;
    this.#expected = "end";
    return true;
  }

  #finish(): true {
    if (this.#expected === "end") return true;
    throw new InvalidJSON(this.#expected === "value" && this.#open.length === 0 ? "EOF" : "unexpected EOF");
  }

  #step(byte: number): void {
    switch (this.#expected) {
      case "value or ]":
        if (byte === closeBracket) this.#close();
        else this.#readValue(byte);
        break;
      case "value":
        this.#readValue(byte);
        break;
      case "key or }":
        if (byte === closeBrace) this.#close();
        else this.#readKey(byte);
        break;
      case "key":
        this.#readKey(byte);
        break;
      case "colon":
        if (byte !== colon) throw this.#unexpected(byte, "after object key");
        this.#go("value");
        break;
      case ", or ]":
        if (byte === closeBracket) this.#close();
        else if (byte === comma) this.#go("value");
        else throw this.#unexpected(byte, "after array element");
        break;
      case ", or }":
        if (byte === closeBrace) this.#close();
        else if (byte === comma) this.#go("key");
        else throw this.#unexpected(byte, "after object key:value pair");
        break;
      case "end":
        throw this.#unexpected(byte, "after top-level value");
    }
  }

  /** Past the byte that was looked at. */
  #go(expected: Expected): void {
    this.#at++;
    this.#expected = expected;
  }

  #readValue(byte: number): void {
    if (byte === openBrace) this.#descend({ object: dictionary(), key: "", keys: 0 }, "key or }", dictionaryWeight);
    else if (byte === openBracket) this.#descend({ list: [] }, "value or ]", listWeight);
    else this.#put(this.#readScalar(byte));
  }

  #readScalar(byte: number): unknown {
    if (byte === quote) return this.#readString();
    if (byte === minus || isDigit(byte)) return this.#readNumber();
    if (byte === 0x74) return this.#readWord("true", true);
    if (byte === 0x66) return this.#readWord("false", false);
    if (byte === 0x6e) return this.#readWord("null", null);
    throw this.#unexpected(byte, "looking for beginning of value");
  }

  #readKey(byte: number): void {
    if (byte !== quote) throw this.#unexpected(byte, "looking for beginning of object key string");
    const container = this.#open[this.#open.length - 1];
    const key = this.#readString();
    if (container !== undefined && "object" in container) {
      container.key = key;
      container.keys += 1;
      if (container.keys > mostJSONKeys) throw new InvalidJSON(`object has more than ${mostJSONKeys} keys`);
    }
    this.#expected = "colon";
  }

  #descend(container: Container, expected: Expected, weight: number): void {
    if (this.#open.length >= deepestJSON) throw new InvalidJSON("exceeded max depth");
    this.#weigh(weight);
    this.#open.push(container);
    this.#go(expected);
  }

  #close(): void {
    const container = this.#open.pop() as Container;
    this.#at++;
    this.#put("list" in container ? container.list : container.object);
  }

  #put(value: unknown): void {
    const container = this.#open[this.#open.length - 1];
    if (container === undefined) {
      this.#value = value;
      this.#expected = "end";
    } else if ("list" in container) {
      this.#weigh(elementWeight);
      container.list.push(value);
      this.#expected = ", or ]";
    } else {
      this.#weigh(fieldWeight);
      container.object[container.key] = value;
      this.#expected = ", or }";
    }
  }

  #weigh(bytes: number): void {
    this.#weight += bytes;
    if (this.#weight > mostMemory) throw new InvalidJSON("value takes too much memory");
  }

  #skipSpace(): number | undefined {
    const bytes = this.#bytes;
    let byte = bytes[this.#at];
    while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) byte = bytes[++this.#at];
    return byte;
  }

  /** From the opening quote; leaves the place after the closing one. */
  #readString(): string {
    const start = this.#at + 1;
    let plain = true;
    let ascii = true;
    for (let at = start; ; at++) {
      const byte = this.#bytes[at];
      if (byte === undefined) throw new InvalidJSON("unexpected EOF");
      if (byte === quote) {
        this.#at = at + 1;
        if (!plain) return this.#unescaped(start, at);
        return ascii ? this.#bytes.toString("latin1", start, at) : this.#bytes.toString("utf8", start, at);
      }
      if (byte < 0x20) throw this.#unexpected(byte, "in string literal");
      if (byte >= 0x80) ascii = false;
      if (byte !== backslash) continue;
      plain = false;
      at = this.#checkEscape(at + 1);
    }
  }

  /** The place of an escape's last byte. */
  #checkEscape(at: number): number {
    const byte = this.#bytes[at];
    if (byte === undefined) throw new InvalidJSON("unexpected EOF");
    if (byte !== 0x75) {
      if (escapable.has(byte)) return at;
      throw this.#unexpected(byte, "in string escape code");
    }
    for (let digit = at + 1; digit <= at + 4; digit++) {
      const hex = this.#bytes[digit];
      if (hex === undefined) throw new InvalidJSON("unexpected EOF");
      if (!isHexDigit(hex)) throw this.#unexpected(hex, "in \\u hexadecimal character escape");
    }
    return at + 4;
  }

  #unescaped(start: number, end: number): string {
    const text: unknown = JSON.parse(`"${this.#bytes.toString("utf8", start, end)}"`);
    return String(text).toWellFormed();
  }

  #readNumber(): number {
    const start = this.#at;
    let end = start;
    while (isNumberByte(this.#bytes[end])) end++;
    const token = this.#bytes.toString("latin1", start, Math.min(end, start + longestNumber + 1));
    if (token.length > longestNumber) throw new InvalidJSON(`number is longer than ${longestNumber} characters`);
    const valid = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/.exec(token)?.[0] ?? "";
    if (valid !== token) this.#refuseNumber(token, valid.length, end);
    const value = Number(token);
    if (!Number.isFinite(value)) {
      throw new InvalidJSON(`json: cannot unmarshal number ${token.slice(0, 40)} into Go value of type float64`);
    }
    this.#at = end;
    return value;
  }

  /** `-`, `01`, `1.`, `1e` and the like: broken at the byte after what is valid, or cut off. */
  #refuseNumber(token: string, validLength: number, end: number): never {
    const broken = token.replace(/^-?(?:0|[1-9][0-9]*)?(?:\.[0-9]*)?(?:[eE][+-]?)?/, "");
    const at = broken === "" ? end : end - broken.length;
    const byte = this.#bytes[at];
    if (byte === undefined && validLength < token.length) throw new InvalidJSON("unexpected EOF");
    throw this.#unexpected(byte ?? 0, "in numeric literal");
  }

  #readWord<Value>(word: string, value: Value): Value {
    for (let at = 1; at < word.length; at++) {
      const byte = this.#bytes[this.#at + at];
      if (byte === undefined) throw new InvalidJSON("unexpected EOF");
      if (byte !== word.charCodeAt(at)) throw this.#unexpected(byte, `in literal ${word} (expecting '${word[at]}')`);
    }
    this.#at += word.length;
    return value;
  }

  #unexpected(byte: number, where: string): InvalidJSON {
    return new InvalidJSON(`invalid character ${quotedByte(byte)} ${where}`);
  }
}

const quote = 0x22;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const colon = 0x3a;
const comma = 0x2c;
const minus = 0x2d;
const escapable: ReadonlySet<number> = new Set([...'"\\/bfnrt'].map((character) => character.charCodeAt(0)));

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function isHexDigit(byte: number): boolean {
  return isDigit(byte) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);
}

/** Digits, signs, points and exponents: what a number ends at is anything else. */
function isNumberByte(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  return isDigit(byte) || byte === minus || byte === 0x2b || byte === 0x2e || byte === 0x65 || byte === 0x45;
}

function quotedByte(byte: number): string {
  if (byte === 0x27) return "'\\''";
  if (byte === quote) return "'\"'";
  if (byte === backslash) return "'\\\\'";
  if (byte >= 0x20 && byte !== 0x7f) return `'${String.fromCharCode(byte)}'`;
  const named = new Map([
    [0x07, "\\a"],
    [0x08, "\\b"],
    [0x09, "\\t"],
    [0x0a, "\\n"],
    [0x0b, "\\v"],
    [0x0c, "\\f"],
    [0x0d, "\\r"],
  ]);
  return `'${named.get(byte) ?? `\\x${byte.toString(16).padStart(2, "0")}`}'`;
}
