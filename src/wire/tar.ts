/** A file's head in a tar: one block. Sizes in bytes. */
export interface TarHead {
  readonly name: string;
  readonly sizeBytes: number;
}

/** What a tar is made of; the last block of a file is filled up with zeros. */
export const tarBlockBytes = 512;
/** A tar ends with two blocks of zeros. */
export const tarEnd = Buffer.alloc(2 * tarBlockBytes);

/** Bytes that fill the last block of a file. */
export function tarPadding(sizeBytes: number): number {
  return (tarBlockBytes - (sizeBytes % tarBlockBytes)) % tarBlockBytes;
}

/** A head as POSIX's ustar has it, of a file that its owner may read and write. Sizes up to 8 GiB. */
export function writeTarHead({ name, sizeBytes }: TarHead): Buffer {
  const head = Buffer.alloc(tarBlockBytes);
  head.write(name, 0, 100);
  head.write("0000600\0", 100);
  head.write("0000000\0", 108);
  head.write("0000000\0", 116);
  head.write(`${sizeBytes.toString(8).padStart(11, "0")}\0`, 124);
  head.write(`${"0".repeat(11)}\0`, 136);
  head.write("0", 156);
  head.write("ustar\x0000", 257);
  head.write(`${checksumOf(head).toString(8).padStart(6, "0")}\0 `, 148);
  return head;
}

/** Reads the head of a plain file; undefined for a block of zeros, with which a tar ends. Throws an `Error` with a reason. */
export function readTarHead(block: Buffer): TarHead | undefined {
  if (block.every((byte) => byte === 0)) return undefined;
  const said = Number.parseInt(textAt(block, 148, 8), 8);
  if (said !== checksumOf(block)) throw new Error("it is no tar: a head's checksum does not fit");
  const name = textAt(block, 0, 100);
  const kind = block[156];
  if (kind !== 0 && kind !== 0x30) throw new Error(`"${name}" in it is no plain file`);
  const size = textAt(block, 124, 12).trim();
  if (!/^[0-7]{1,11}$/.test(size)) throw new Error(`the size of "${name}" cannot be read`);
  return { name, sizeBytes: Number.parseInt(size, 8) };
}

/** The sum of the head's bytes, those of the sum itself read as spaces. */
function checksumOf(head: Buffer): number {
  let sum = 8 * 0x20;
  for (let at = 0; at < tarBlockBytes; at++) if (at < 148 || at >= 156) sum += head[at]!;
  return sum;
}

function textAt(block: Buffer, at: number, length: number): string {
  const text = block.toString("latin1", at, at + length);
  const end = text.indexOf("\0");
  return end < 0 ? text : text.slice(0, end);
}
