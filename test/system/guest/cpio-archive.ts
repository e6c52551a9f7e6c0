import { closeSync, openSync, readFileSync, writeSync } from "node:fs";

/** What stands in an archive; paths begin without a slash, and parents come before what is in them. */
export type ArchiveEntry =
  | { readonly kind: "directory"; readonly path: string; readonly mode?: number }
  | { readonly kind: "file"; readonly path: string; readonly content: string | Uint8Array; readonly mode: number }
  /** A file of this machine. */
  | { readonly kind: "copy"; readonly path: string; readonly from: string; readonly mode: number }
  | { readonly kind: "link"; readonly path: string; readonly target: string }
  | { readonly kind: "character device"; readonly path: string; readonly major: number; readonly minor: number };

const types = { directory: 0o040000, file: 0o100000, copy: 0o100000, link: 0o120000, "character device": 0o020000 };

/** Writes an archive that Linux unpacks into its first root directory, in the format that it calls "newc". */
export function writeArchive(path: string, entries: Iterable<ArchiveEntry>): void {
  const file = openSync(path, "w");
  try {
    let number = 0;
    for (const entry of entries) writeEntry(file, ++number, entry);
    writeEntry(file, 0, { kind: "file", path: "TRAILER!!!", content: "", mode: 0 });
  } finally {
    closeSync(file);
  }
}

function writeEntry(file: number, number: number, entry: ArchiveEntry): void {
  const content = contentOf(entry);
  const device = entry.kind === "character device" ? [entry.major, entry.minor] : [0, 0];
  const mode = types[entry.kind] | ("mode" in entry ? (entry.mode ?? 0o755) : 0o777);
  // Number, mode, owner and group, links, time, size, the device it is on, the device it is, the name's length, no checksum.
  const name = `${entry.path}\0`;
  const fields = [number, mode, 0, 0, 1, 0, content.length, 0, 0, ...device, Buffer.byteLength(name), 0];
  const head = `070701${fields.map((field) => field.toString(16).padStart(8, "0")).join("")}${name}`;
  writeSync(file, padded(Buffer.from(head)));
  writeSync(file, padded(content));
}

function contentOf(entry: ArchiveEntry): Uint8Array {
  if (entry.kind === "copy") return readFileSync(entry.from);
  if (entry.kind === "link") return Buffer.from(entry.target);
  return entry.kind === "file" ? Buffer.from(entry.content) : Buffer.alloc(0);
}

function padded(bytes: Uint8Array): Uint8Array {
  const rest = -bytes.length & 3;
  return rest === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(rest)]);
}
