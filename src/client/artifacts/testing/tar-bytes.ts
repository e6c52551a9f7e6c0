/** An entry of an archive, as a test wants it, sane or not. */
export interface EntryFields {
  readonly name: string;
  readonly content?: string | Uint8Array;
  /** Permission bits; 0644 unless said otherwise. */
  readonly mode?: number;
  /** As tar has them: `0` file, `1` hard link, `2` symbolic link, `3` device, `5` directory, `6` FIFO. */
  readonly type?: string;
  readonly target?: string;
  /** What the header says in place of the content's length. */
  readonly claimedBytes?: number;
}

const block = 512;

/** A tar archive of the entries, one after the other, whatever they say. */
export function tarBytes(entries: readonly EntryFields[]): Buffer {
  return Buffer.concat([...entries.map(entryBytes), Buffer.alloc(2 * block)]);
}

function entryBytes(entry: EntryFields): Buffer {
  const content = Buffer.from(entry.content ?? "");
  const padding = Buffer.alloc((block - (content.length % block)) % block);
  return Buffer.concat([header(entry, content.length), content, padding]);
}

function header({ name, mode = 0o644, type = "0", target = "", claimedBytes }: EntryFields, length: number): Buffer {
  const bytes = Buffer.alloc(block);
  const octal = (value: number, at: number, digits: number) =>
    bytes.write(`${value.toString(8).padStart(digits, "0")}\0`, at, "latin1");
  bytes.write(name, 0, 100, "utf8");
  octal(mode, 100, 7);
  octal(0, 108, 7);
  octal(0, 116, 7);
  octal(claimedBytes ?? length, 124, 11);
  octal(1_600_000_000, 136, 11);
  bytes.write("        ", 148, "latin1");
  bytes.write(type, 156, "latin1");
  bytes.write(target, 157, 100, "utf8");
  bytes.write("ustar\x0000", 257, "latin1");
  octal(1, 329, 7);
  octal(3, 337, 7);
  octal(
    bytes.reduce((sum, each) => sum + each, 0),
    148,
    6,
  );
  bytes.write(" ", 155, "latin1");
  return bytes;
}
