import { KeyRefused, type Keyring } from "../keyring.ts";
import { Unreadable } from "../wire/unreadable.ts";
import { decodeKeyRequest, encodeKeyResponse, type KeyOperation, type KeyResponse } from "./key-messages.ts";

/** Does with our keys what another member asks for, and says how that went. */
export function answerKeyQuery(operation: KeyOperation, payload: Uint8Array, keyring: Keyring | undefined): Uint8Array {
  if (keyring === undefined) return refusal("No keyring to modify (encryption not enabled)");
  try {
    return encodeKeyResponse(perform(operation, payload, keyring));
  } catch (error) {
    if (error instanceof KeyRefused || error instanceof Unreadable) return refusal(error.message);
    throw error;
  }
}

function perform(operation: KeyOperation, payload: Uint8Array, keyring: Keyring): KeyResponse {
  if (operation === "install-key") keyring.install(decodeKeyRequest(payload));
  if (operation === "use-key") keyring.use(decodeKeyRequest(payload));
  if (operation === "remove-key") keyring.remove(decodeKeyRequest(payload));
  const isList = operation === "list-keys";
  const base64 = (key: Uint8Array) => Buffer.from(key).toString("base64");
  return {
    ok: true,
    message: "",
    keys: isList ? keyring.list().map(base64) : [],
    primaryKey: isList ? base64(keyring.primary) : "",
  };
}

function refusal(message: string): Uint8Array {
  return encodeKeyResponse({ ok: false, message, keys: [], primaryKey: "" });
}
