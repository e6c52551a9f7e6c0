import { createHash } from "node:crypto";
import type { Disk } from "../../runtime/index.ts";
import { ArtifactError, refusal } from "./artifact-error.ts";

/** What a file's bytes must come to. */
export interface Checksum {
  readonly type: string;
  /** In hexadecimal, lower case. */
  readonly value: string;
}

const digits: ReadonlyMap<string, number> = new Map([
  ["md5", 32],
  ["sha1", 40],
  ["sha256", 64],
  ["sha512", 128],
]);

/** How much is hashed in one go: other work waits no longer than that takes. */
const slice = 1024 * 1024;

/** Reads `type:hex`. Throws `ArtifactError`. */
export function parseChecksum(text: string): Checksum {
  const [, type = "", value = ""] = /^([^:]*):(.*)$/s.exec(text.trim()) ?? [];
  if (type === "" || value === "") throw refusal(`checksum must be given as "type:value"; got ${JSON.stringify(text)}`);
  const length = digits.get(type);
  if (length === undefined) throw refusal(`unsupported checksum type: ${type}`);
  if (value.length !== length || /[^0-9a-f]/i.test(value)) throw refusal(`invalid ${type} checksum: ${value}`);
  return { type, value: value.toLowerCase() };
}

/** Throws `ArtifactError` unless the file is what the checksum says. */
export async function verifyChecksum(disk: Disk, path: string, wanted: Checksum, signal: AbortSignal): Promise<void> {
  const hash = createHash(wanted.type);
  const file = await disk.open(path, "read");
  try {
    for (let offset = 0; ; ) {
      signal.throwIfAborted();
      const bytes = await file.read(offset, slice);
      if (bytes.length === 0) break;
      hash.update(bytes);
      offset += bytes.length;
    }
  } finally {
    await file.close();
  }
  const found = hash.digest("hex");
  if (found === wanted.value) return;
  throw new ArtifactError(`checksums did not match: expected ${wanted.type}:${wanted.value}, got ${found}`);
}
