import { dirname } from "node:path/posix";
import { Keyring } from "../../gossip/index.ts";
import { parseGossipKey } from "../../model/index.ts";
import type { Disk, Log, Runtime } from "../../runtime/index.ts";

const onlyOwner = 0o600;
const seenByOthers = 0o077;

/**
 * The gossip keys of a server, kept in its data directory since members change them while they run: a list of base64
 * texts in JSON, the one that encrypts first. Once it is there it counts, whatever the configuration says.
 * Source: Serf's keyring file, and where Nomad 0.5 and later keep it.
 */
export class KeyringFile {
  readonly #disk: Disk;
  readonly #log: Log;
  readonly #path: string;

  constructor({ disk, log }: Pick<Runtime, "disk" | "log">, path: string) {
    this.#disk = disk;
    this.#log = log.named("serf");
    this.#path = path;
  }

  /**
   * The keyring that is kept; where there is none, one of `configured`, which is kept from now on; undefined without
   * either. Rejects when what is kept is damaged or cannot be read, and never says what stands there.
   */
  async open(configured: Uint8Array | undefined): Promise<Keyring | undefined> {
    const kept = await this.#read();
    if (kept === undefined) {
      if (configured === undefined) return undefined;
      const keyring = new Keyring(configured);
      await this.keep(keyring);
      return keyring;
    }
    if (configured !== undefined && !Buffer.from(configured).equals(kept.primary)) {
      this.#log.warn("keyring exists but another key is configured, using keyring", { keyring: this.#path });
    }
    return kept;
  }

  /** Resolves when these keys are on disk. Rejects when the disk takes none; then those before are there. */
  async keep(keyring: Keyring): Promise<void> {
    const keys = keyring.list().map((key) => Buffer.from(key).toString("base64"));
    await this.#disk.makeDirectory(dirname(this.#path));
    await this.#disk.writeAtomically(this.#path, Buffer.from(`${JSON.stringify(keys, null, 2)}\n`), onlyOwner);
  }

  async #read(): Promise<Keyring | undefined> {
    let bytes: Uint8Array;
    try {
      bytes = await this.#disk.read(this.#path);
    } catch (error) {
      if ((error as { code?: string }).code === "ENOENT") return undefined;
      throw error;
    }
    const { mode } = await this.#disk.status(this.#path);
    if ((mode & seenByOthers) !== 0) {
      this.#log.warn("the gossip keyring can be read by others than its owner, and should not", {
        keyring: this.#path,
      });
      await this.#disk.changeMode(this.#path, onlyOwner);
    }
    const keys = keysIn(Buffer.from(bytes).toString());
    const [primary, ...others] = keys ?? [];
    if (primary !== undefined) return new Keyring(primary, others);
    throw new Error(
      `The gossip keyring "${this.#path}" is damaged: it must be a list of keys in base64. Restore it, or remove it to begin with the key of "encrypt" again`,
    );
  }
}

/** Undefined when it is anything but a list of keys. */
function keysIn(text: string): readonly Uint8Array[] | undefined {
  const parsed = listIn(text)?.map((each) => (typeof each === "string" ? parseGossipKey(each) : undefined));
  const keys = parsed?.flatMap((each) => (each?.ok ? [each.key] : []));
  return keys?.length === parsed?.length ? keys : undefined;
}

function listIn(text: string): readonly unknown[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : undefined;
  } catch {
    // The parser's own words would quote the file.
    return undefined;
  }
}
