import { type Dictionary, dictionary } from "../../base/index.ts";
import { encodeFields, textMapOf } from "../wire/fields.ts";

/** What a member says of itself: role, region, version and so on. */
export type Tags = Readonly<Dictionary<string>>;

/** The first byte of tags; without it the whole is a role, as the oldest Serf had it. */
const TAGS = 0xff;
const MAX_META_BYTES = 512;

/** Tags are more than the protocol can carry. */
export class TagsTooLong extends Error {
  override readonly name = "TagsTooLong";
}

/** As they travel. Throws `TagsTooLong`. */
export function encodeTags(tags: Tags): Uint8Array {
  const bytes = Buffer.concat([Uint8Array.of(TAGS), encodeFields(dictionary(Object.entries(tags)))]);
  if (bytes.length > MAX_META_BYTES) {
    throw new TagsTooLong(`Encoded length of tags exceeds limit of ${MAX_META_BYTES} bytes: got ${bytes.length}`);
  }
  return bytes;
}

/** Throws `Unreadable`. */
export function decodeTags(meta: Uint8Array): Tags {
  if (meta.length === 0) return dictionary();
  if (meta[0] !== TAGS) return dictionary([["role", Buffer.from(meta).toString()]]);
  return dictionary(textMapOf(meta.subarray(1)));
}
