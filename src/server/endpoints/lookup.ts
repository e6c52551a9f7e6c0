import { RpcError } from "../../api/index.ts";

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * The key of a row that is named by a UUID; throws what peers expect for anything else.
 * `noun` is `node`, `alloc` or `eval`.
 */
export function fullID(noun: string, id: string): string {
  if (id.length !== 36) throw new RpcError(`${noun} lookup failed: index error: UUID must be 36 characters`);
  if (!uuid.test(id)) throw new RpcError(`${noun} lookup failed: index error: ${invalidByte(id.replaceAll("-", ""))}`);
  return id.toLowerCase();
}

/** A prefix of UUIDs, in the form keys have: an even number of hexadecimal digits, hyphens where they belong. */
export function idPrefix(noun: string, prefix: string): string {
  const digits = prefix.replaceAll("-", "").toLowerCase();
  const problem = (text: string) => new RpcError(`${noun} lookup failed: index error: ${text}`);
  if (digits.length % 2 !== 0) throw problem("Input (without hyphens) must be even length");
  if (!/^[0-9a-f]*$/.test(digits)) throw problem(invalidByte(digits));
  if (digits.length > 32) throw problem("UUID must be 36 characters");
  return hyphenated(digits);
}

/** Hexadecimal digits, any number up to those of a UUID, with hyphens where a UUID has them. */
export function hyphenated(digits: string): string {
  const parts = [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20)];
  return parts.filter((part) => part !== "").join("-");
}

function invalidByte(digits: string): string {
  const wrong = [...digits].find((digit) => !/[0-9a-f]/i.test(digit)) ?? "";
  const code = (wrong.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  return `Invalid UUID: encoding/hex: invalid byte: U+${code} '${wrong}'`;
}

/** The newest change among rows; `otherwise` if there are none. */
export function newest(rows: readonly { readonly ModifyIndex: number }[], otherwise: number): number {
  return rows.length === 0 ? otherwise : rows.reduce((highest, row) => Math.max(highest, row.ModifyIndex), 0);
}
