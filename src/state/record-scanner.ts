import { knownFields } from "./known-records.ts";
import { UnreadableSnapshot } from "./snapshot-format.ts";

/** The byte that stands for the first kind of record. */
const FIRST_KIND = 0x40;

/** Requests are read at most 128 deep, and a row is little deeper than the request that brought it. */
const DEEPEST = 512;

/** What a first byte announces. The count is in it, or in as many bytes behind it. */
interface Head {
  readonly kind: "scalar" | "raw" | "list" | "map" | "record" | "definition" | "packed" | "identifier" | "unknown";
  readonly count: number;
  readonly countBytes: number;
}

/**
 * Looks through packed records before they are unpacked, without recursion and without memory for what they only
 * claim to hold: that all counts fit into what is there, nothing is nested without end, every kind of record was
 * defined, and nothing else is in them than what is written there. Records must come in the order they were written in.
 */
export class RecordScanner {
  /** How many fields the kinds of records have, by the byte that stands for each kind. */
  readonly #fields = new Map<number, number>();
  /** For what is packed by itself. */
  #inner: RecordScanner | undefined;
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  #base = 0;

  /** `base` is the offset of `record` in the snapshot. Throws `UnreadableSnapshot`. */
  scan(record: Buffer, base: number): void {
    this.#bytes = record;
    this.#base = base;
    this.#at = 0;
    const open: number[] = [];
    let missing: number | undefined = 1;
    while (missing !== undefined) {
      if (missing === 0) missing = open.pop();
      else {
        open.push(missing - 1);
        if (open.length > DEEPEST) this.#fail(`at most ${DEEPEST} levels`, "more");
        missing = this.#value();
      }
    }
    if (this.#at < record.length) this.#fail("the end of the record", `${record.length - this.#at} more bytes`);
  }

  /** Goes past a value's own bytes, and says how many values it holds. */
  #value(): number {
    const token = this.#byte();
    const head = heads[token] as Head;
    switch (head.kind) {
      case "scalar":
        return this.#skip(head.count);
      case "raw":
        return this.#skip(this.#count(head));
      case "list":
        return this.#fitting(this.#count(head));
      case "map":
        return this.#fitting(2 * this.#count(head));
      case "record":
        return this.#fields.get(token) ?? this.#fail("a kind of record that was defined", `kind ${token}`);
      case "definition":
        return this.#definition();
      case "identifier":
        return this.#identifier(head.count);
      case "packed":
        return this.#packed(this.#count(head));
      case "unknown":
        return this.#fail("a value", `byte 0x${token.toString(16)}`);
    }
  }

  /** A new kind of record, its fields' names, and then a record of it. */
  #definition(): number {
    const mark = this.#byte();
    const id = this.#byte();
    if (mark !== 0x72 || heads[id]?.kind !== "record") this.#fail("a kind of record", `bytes ${mark} and ${id}`);
    const names = heads[this.#byte()] as Head;
    if (names.kind !== "list") this.#fail("the names of fields", `a ${names.kind}`);
    const count = this.#fitting(this.#count(names));
    for (let i = 0; i < count; i++) {
      const name = heads[this.#byte()] as Head;
      if (name.kind === "identifier") this.#identifier(name.count);
      else if (name.kind === "raw") this.#skip(this.#count(name));
      else this.#fail("the name of a field", `a ${name.kind}`);
    }
    this.#fields.set(id, count);
    return this.#fitting(count);
  }

  #identifier(bytes: number): number {
    const type = this.#byte();
    if (type !== 0x75) this.#fail("an identifier", `type ${type}`);
    return this.#skip(bytes);
  }

  /** A value that is packed by itself, with the kinds that every program knows. */
  #packed(length: number): number {
    const type = this.#byte();
    if (type !== 0x70) this.#fail("what is packed", `type ${type}`);
    this.#fitting(length);
    this.#inner ??= new RecordScanner();
    this.#inner.#fields.clear();
    for (const [i, fields] of knownFields.entries()) this.#inner.#fields.set(FIRST_KIND + i, fields.length);
    this.#inner.scan(this.#bytes.subarray(this.#at, this.#at + length), this.#base + this.#at);
    return this.#skip(length);
  }

  #count({ count, countBytes }: Head): number {
    if (countBytes === 0) return count;
    this.#fitting(countBytes);
    const read = this.#bytes.readUIntBE(this.#at, countBytes);
    this.#at += countBytes;
    return read;
  }

  #byte(): number {
    this.#fitting(1);
    return this.#bytes[this.#at++] as number;
  }

  #skip(bytes: number): number {
    this.#at += this.#fitting(bytes);
    return 0;
  }

  /** Each value takes a byte at least. */
  #fitting(count: number): number {
    const left = this.#bytes.length - this.#at;
    return count <= left ? count : this.#fail(`${count} more bytes in the record`, `${left}`);
  }

  #fail(expected: string, found: string): never {
    throw new UnreadableSnapshot(this.#base + this.#at, expected, found);
  }
}

function headOf(token: number): Head {
  if (token < 0x40 || token >= 0xe0) return { kind: "scalar", count: 0, countBytes: 0 };
  if (token < 0x80) return { kind: "record", count: 0, countBytes: 0 };
  if (token < 0x90) return { kind: "map", count: token - 0x80, countBytes: 0 };
  if (token < 0xa0) return { kind: "list", count: token - 0x90, countBytes: 0 };
  if (token < 0xc0) return { kind: "raw", count: token - 0xa0, countBytes: 0 };
  const [kind, bytes] = others.get(token) ?? ["unknown", 0];
  if (kind === "scalar" || kind === "identifier") return { kind, count: bytes, countBytes: 0 };
  return { kind, count: 0, countBytes: bytes };
}

/** The bytes of a scalar, or those of a count. */
const others: ReadonlyMap<number, readonly [Head["kind"], number]> = new Map([
  [0xc0, ["scalar", 0]],
  [0xc2, ["scalar", 0]],
  [0xc3, ["scalar", 0]],
  [0xc4, ["raw", 1]],
  [0xc5, ["raw", 2]],
  [0xc6, ["raw", 4]],
  [0xca, ["scalar", 4]],
  [0xc9, ["packed", 4]],
  [0xcb, ["scalar", 8]],
  [0xcc, ["scalar", 1]],
  [0xcd, ["scalar", 2]],
  [0xce, ["scalar", 4]],
  [0xcf, ["scalar", 8]],
  [0xd0, ["scalar", 1]],
  [0xd1, ["scalar", 2]],
  [0xd2, ["scalar", 4]],
  [0xd3, ["scalar", 8]],
  [0xd4, ["definition", 0]],
  [0xd8, ["identifier", 16]],
  [0xd9, ["raw", 1]],
  [0xda, ["raw", 2]],
  [0xdb, ["raw", 4]],
  [0xdc, ["list", 2]],
  [0xdd, ["list", 4]],
  [0xde, ["map", 2]],
  [0xdf, ["map", 4]],
]);

const heads: readonly Head[] = Array.from({ length: 256 }, (_, token) => headOf(token));
