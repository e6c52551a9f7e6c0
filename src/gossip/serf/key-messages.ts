import { encodeMessage, fieldsOf } from "../wire/fields.ts";
import { KEY_REQUEST, KEY_RESPONSE } from "../wire/serf-messages.ts";
import { Unreadable } from "../wire/unreadable.ts";

const KEY_OPERATIONS = ["install-key", "use-key", "remove-key", "list-keys"] as const;

/** What can be done with the keys of a pool, as the names of internal queries say it. */
export type KeyOperation = (typeof KEY_OPERATIONS)[number];

/** Undefined for a name that is none. */
export function keyOperation(name: string): KeyOperation | undefined {
  return KEY_OPERATIONS.find((each) => each === name);
}

/** What a member answers. Keys are in base64. */
export interface KeyResponse {
  readonly ok: boolean;
  readonly message: string;
  readonly keys: readonly string[];
  readonly primaryKey: string;
}

const MAX_KEYS = 64;
const MAX_KEY_BYTES = 64;
const MAX_MESSAGE_BYTES = 1_024;

export function encodeKeyRequest(key: Uint8Array): Uint8Array {
  return encodeMessage(KEY_REQUEST, { Key: key });
}

/** Throws `Unreadable`. */
export function decodeKeyRequest(payload: Uint8Array): Uint8Array {
  if (payload[0] !== KEY_REQUEST) throw new Unreadable("not a request about keys");
  return fieldsOf(payload.subarray(1)).bytes("Key", MAX_KEY_BYTES);
}

export function encodeKeyResponse({ ok, message, keys, primaryKey }: KeyResponse): Uint8Array {
  return encodeMessage(KEY_RESPONSE, { Keys: keys, Message: message, PrimaryKey: primaryKey, Result: ok });
}

/** Throws `Unreadable`. */
export function decodeKeyResponse(payload: Uint8Array): KeyResponse {
  if (payload[0] !== KEY_RESPONSE) throw new Unreadable("not an answer about keys");
  const fields = fieldsOf(payload.subarray(1));
  return {
    ok: fields.flag("Result"),
    message: fields.text("Message", MAX_MESSAGE_BYTES),
    keys: fields.texts("Keys", { entries: MAX_KEYS, bytes: 2 * MAX_KEY_BYTES }),
    primaryKey: fields.text("PrimaryKey", 2 * MAX_KEY_BYTES),
  };
}
