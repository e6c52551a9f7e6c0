import { createCipheriv, createDecipheriv } from "node:crypto";
import type { Random } from "../base/index.ts";
import { Unreadable } from "./wire/unreadable.ts";

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const BLOCK_BYTES = 16;
/** Version 0 pads the plain text to whole blocks, version 1 does not. */
const VERSION = 1;
/** What encryption adds to a message: version, nonce and tag. */
export const ENCRYPTION_BYTES = 1 + NONCE_BYTES + TAG_BYTES;

const NOTHING = new Uint8Array();

/** A gossip key cannot be used, or not be changed like that. */
export class KeyRefused extends Error {
  override readonly name = "KeyRefused";
}

/**
 * The keys of a gossip pool, of 16, 24 or 32 bytes. The first encrypts; each is tried to decrypt, so that keys can be
 * changed while members speak. A key is never printed but by `list`.
 */
export class Keyring {
  #keys: readonly Buffer[];

  /** Throws `KeyRefused` for a key of another length, or when there is none. */
  constructor(primary: Uint8Array, others: readonly Uint8Array[] = []) {
    this.#keys = [checked(primary)];
    for (const key of others) this.install(key);
  }

  get primary(): Uint8Array {
    return this.#keys[0] as Buffer;
  }

  list(): readonly Uint8Array[] {
    return this.#keys;
  }

  /** The same keys, to be changed without a change to these. */
  copy(): Keyring {
    return new Keyring(this.primary, this.#keys.slice(1));
  }

  /** From now on these keys are those of `other`. */
  become(other: Keyring): void {
    this.#keys = other.#keys;
  }

  /** From now on `key` decrypts; it does not encrypt yet. */
  install(key: Uint8Array): void {
    if (this.#find(key) === undefined) this.#keys = [...this.#keys, checked(key)];
  }

  /** From now on `key`, which must be installed, encrypts. */
  use(key: Uint8Array): void {
    const installed = this.#find(key);
    if (installed === undefined) throw new KeyRefused("requested key is not in the keyring");
    this.#keys = [installed, ...this.#keys.filter((each) => each !== installed)];
  }

  /** Forgets `key`, unless it is the one that encrypts. */
  remove(key: Uint8Array): void {
    const installed = this.#find(key);
    if (installed === this.#keys[0]) throw new KeyRefused("removing the primary key is not allowed");
    this.#keys = this.#keys.filter((each) => each !== installed);
  }

  /** AES-GCM: version, nonce, cipher text, tag. `associated` is sent beside it and vouched for. */
  encrypt(plain: Uint8Array, random: Random, associated: Uint8Array = NOTHING): Uint8Array {
    const nonce = drawNonce(random);
    const cipher = createCipheriv(algorithm(this.#keys[0] as Buffer), this.#keys[0] as Buffer, nonce);
    cipher.setAAD(associated);
    return Buffer.concat([Uint8Array.of(VERSION), nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  }

  /** Undoes `encrypt` with whichever key fits. Throws `Unreadable`. */
  decrypt(blob: Uint8Array, associated: Uint8Array = NOTHING): Uint8Array {
    if (blob.length < ENCRYPTION_BYTES) throw new Unreadable("encrypted message is cut off");
    if ((blob[0] as number) > VERSION) throw new Unreadable("encrypted message of unknown version");
    for (const key of this.#keys) {
      const plain = decryptWith(key, blob, associated);
      if (plain !== undefined) return blob[0] === VERSION ? plain : withoutPadding(plain);
    }
    throw new Unreadable("no installed key decrypts the message");
  }

  #find(key: Uint8Array): Buffer | undefined {
    return this.#keys.find((each) => each.equals(key));
  }
}

function checked(key: Uint8Array): Buffer {
  if (![16, 24, 32].includes(key.length)) throw new KeyRefused("key size must be 16, 24 or 32 bytes");
  return Buffer.from(key);
}

function algorithm(key: Buffer): "aes-128-gcm" | "aes-192-gcm" | "aes-256-gcm" {
  return key.length === 16 ? "aes-128-gcm" : key.length === 24 ? "aes-192-gcm" : "aes-256-gcm";
}

/** A UUID of version 4 has six bits that are not drawn; the last 96 of two of them are made of drawn ones alone. */
function drawNonce(random: Random): Buffer {
  const drawn = () => Buffer.from(random.uuid().slice(-12), "hex");
  return Buffer.concat([drawn(), drawn()]);
}

function decryptWith(key: Buffer, blob: Uint8Array, associated: Uint8Array): Uint8Array | undefined {
  const tagAt = blob.length - TAG_BYTES;
  const decipher = createDecipheriv(algorithm(key), key, blob.subarray(1, 1 + NONCE_BYTES));
  decipher.setAAD(associated);
  decipher.setAuthTag(blob.subarray(tagAt));
  const plain = decipher.update(blob.subarray(1 + NONCE_BYTES, tagAt));
  try {
    decipher.final();
    return plain;
  } catch {
    // The tag does not fit: another key's message, or a forgery.
    return undefined;
  }
}

function withoutPadding(plain: Uint8Array): Uint8Array {
  const padding = plain.at(-1) ?? 0;
  if (padding < 1 || padding > BLOCK_BYTES || padding > plain.length)
    throw new Unreadable("encrypted message is not padded");
  return plain.subarray(0, plain.length - padding);
}
