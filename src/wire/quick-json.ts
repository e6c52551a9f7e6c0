import { unread } from "./quick-reading.ts";

/** A longer text is read piece by piece, so that others have their turn. So short, none takes too much memory. */
const longestText = 64 * 1024;
/** So short and without an exponent, a number is none beyond a double. */
const longestDigits = 300;

/**
 * Reads a short text by `JSON.parse`, several times quicker than `JSONReader`, where it gives the same; `unread` for all
 * texts where that is not sure, and for those that are wrong. One look at the bytes, which follows strings and brackets
 * and nothing else, finds what the two read differently: nesting deeper than `deepest`, numbers that may be beyond a
 * double, and escapes of surrogates.
 */
export function quickJSON(bytes: Buffer, deepest: number): unknown {
  if (bytes.length > longestText || !isPlain(bytes, deepest)) return unread;
  try {
    return withoutPrototypes(JSON.parse(bytes.toString("utf8")));
  } catch {
    // It is no JSON: the other reader says where.
    return unread;
  }
}

function isPlain(bytes: Buffer, deepest: number): boolean {
  let depth = 0;
  let inString = false;
  let digits = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    if (inString) {
      if (byte === quote) inString = false;
      else if (byte === backslash) {
        at++;
        if (bytes[at] === letterU && ((bytes[at + 1] as number) | 0x20) === letterD) return false;
      }
    } else if (byte >= zero && byte <= nine) {
      if (++digits > longestDigits) return false;
    } else if (byte === point) {
      if (++digits > longestDigits) return false;
    } else {
      if (digits > 0 && (byte | 0x20) === letterE) return false;
      digits = 0;
      if (byte === quote) inString = true;
      else if (byte === openBrace || byte === openBracket) {
        if (++depth > deepest) return false;
      } else if (byte === closeBrace || byte === closeBracket) depth--;
    }
  }
  return true;
}

/** The same objects, as dictionaries: quicker than to make them anew, and quicker to look into. */
function withoutPrototypes(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at++) withoutPrototypes(value[at]);
    return value;
  }
  const object = value as Readonly<Record<string, unknown>>;
  Object.setPrototypeOf(object, null);
  for (const key in object) withoutPrototypes(object[key]);
  return object;
}

const quote = 0x22;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const point = 0x2e;
const zero = 0x30;
const nine = 0x39;
const letterD = 0x64;
const letterE = 0x65;
const letterU = 0x75;
