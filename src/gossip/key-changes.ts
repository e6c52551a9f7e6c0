import type { Log } from "../runtime/index.ts";
import { KeyRefused, type Keyring } from "./keyring.ts";
import { decodeKeyRequest, encodeKeyResponse, type KeyOperation, type KeyResponse } from "./serf/key-messages.ts";
import { Unreadable } from "./wire/unreadable.ts";

/** Changes that wait for the disk at a time. */
const MAX_WAITING = 64;
/** Of a refusal, in characters: it must fit into what members read. */
const MAX_REASON = 256;

/**
 * Does with our keys what members ask for, one after the other. A change is kept before it is made, and made before
 * anybody is told of it: what a member said it did holds after a crash too. What cannot be kept is refused, and the
 * keys stay as they are.
 */
export class KeyChanges {
  readonly #keyring: Keyring | undefined;
  readonly #keep: (changed: Keyring) => Promise<void>;
  readonly #log: Log;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(keyring: Keyring | undefined, keep: (changed: Keyring) => Promise<void>, log: Log) {
    this.#keyring = keyring;
    this.#keep = keep;
    this.#log = log;
  }

  /** Resolves with the answer to send. Never rejects. */
  async answer(operation: KeyOperation, payload: Uint8Array): Promise<Uint8Array> {
    return encodeKeyResponse(await this.#respond(operation, payload));
  }

  /** Resolves when nothing is being kept. */
  async close(): Promise<void> {
    await this.#last;
  }

  async #respond(operation: KeyOperation, payload: Uint8Array): Promise<KeyResponse> {
    const keyring = this.#keyring;
    if (keyring === undefined) return refused("No keyring to modify (encryption not enabled)");
    if (operation === "list-keys")
      return { ...done, keys: keyring.list().map(base64), primaryKey: base64(keyring.primary) };
    if (this.#waiting >= MAX_WAITING) return refused("too many changes of keys wait for the disk");
    this.#waiting += 1;
    const response = this.#last.then(() => this.#change(keyring, operation, payload));
    this.#last = response;
    try {
      return await response;
    } finally {
      this.#waiting -= 1;
    }
  }

  async #change(keyring: Keyring, operation: KeyChange, payload: Uint8Array): Promise<KeyResponse> {
    const changed = keyring.copy();
    try {
      changes[operation](changed, decodeKeyRequest(payload));
    } catch (error) {
      if (error instanceof KeyRefused || error instanceof Unreadable) return refused(error.message);
      throw error;
    }
    try {
      await this.#keep(changed);
    } catch (error) {
      const reason = (error as Error).message;
      this.#log.error("cannot keep changed gossip keys, which stay as they are", { operation, reason });
      return refused(`cannot keep the changed keys, which stay as they are: ${reason}`);
    }
    keyring.become(changed);
    return done;
  }
}

type KeyChange = Exclude<KeyOperation, "list-keys">;

const changes: Readonly<Record<KeyChange, (keyring: Keyring, key: Uint8Array) => void>> = {
  "install-key": (keyring, key) => keyring.install(key),
  "use-key": (keyring, key) => keyring.use(key),
  "remove-key": (keyring, key) => keyring.remove(key),
};

const done: KeyResponse = { ok: true, message: "", keys: [], primaryKey: "" };

function refused(reason: string): KeyResponse {
  return { ok: false, message: reason.slice(0, MAX_REASON), keys: [], primaryKey: "" };
}

function base64(key: Uint8Array): string {
  return Buffer.from(key).toString("base64");
}
