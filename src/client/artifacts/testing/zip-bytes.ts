import { crc32, deflateRawSync } from "node:zlib";
import type { EntryFields } from "./tar-bytes.ts";

/** What a zip archive says of a symbolic link and of a plain file, beside the permission bits. */
const linkBits = 0o120000;
const fileBits = 0o100000;

/** A zip archive of the entries, compressed, as a program of Unix makes it. A link is one of type `2`. */
export function zipBytes(entries: readonly EntryFields[]): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const { local, listed } = entryBytes(entry, offset);
    locals.push(local);
    central.push(listed);
    offset += local.length;
  }
  const list = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(list.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, list, end]);
}

function entryBytes(
  { name, content = "", mode = 0o644, type = "0", target, claimedBytes }: EntryFields,
  offset: number,
) {
  const plain = Buffer.from(target ?? content);
  const packed = deflateRawSync(plain);
  const fields = Buffer.alloc(26);
  fields.writeUInt16LE(20, 0);
  fields.writeUInt16LE(8, 4);
  fields.writeUInt16LE(0x5000, 8);
  fields.writeUInt32LE(crc32(plain), 10);
  fields.writeUInt32LE(packed.length, 14);
  fields.writeUInt32LE(claimedBytes ?? plain.length, 18);
  fields.writeUInt16LE(Buffer.byteLength(name), 22);
  const local = Buffer.concat([signature(0x04034b50), fields, Buffer.from(name), packed]);
  const rest = Buffer.alloc(14);
  rest.writeUInt32LE(((mode | (type === "2" ? linkBits : fileBits)) << 16) >>> 0, 6);
  rest.writeUInt32LE(offset, 10);
  const madeBy = Buffer.from([20, 3]);
  const listed = Buffer.concat([signature(0x02014b50), madeBy, fields, rest, Buffer.from(name)]);
  return { local, listed };
}

function signature(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
