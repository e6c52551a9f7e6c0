import type * as z from "zod";
import { dictionary } from "../base/index.ts";
import { misfit, type Packed, type Unpacker } from "./packed.ts";
import { type QuickReader, quickReaderOf, unread } from "./quick-reading.ts";

const unpackers = new WeakMap<object, Unpacker>();

/** The same schema, whose values are unpacked by `unpacker`. */
export function quicklyUnpacked<Schema extends z.ZodType>(schema: Schema, unpacker: Unpacker): Schema {
  unpackers.set(schema, unpacker);
  return schema;
}

/** The unpacker of a schema; for one that has none, values are decoded, and read by its quick reader. */
export function unpackerOf(schema: z.ZodType): Unpacker {
  const known = unpackers.get(schema);
  if (known !== undefined) return known;
  const read = quickReaderOf(schema);
  return (packed) => fitting(read, packed.value());
}

/** What a quick reader makes of a value. */
export function fitting(read: QuickReader, value: unknown): unknown {
  const found = read(value);
  if (found === unread || found === undefined) throw misfit;
  return found;
}

export function listUnpacker(element: z.ZodType, none: object): Unpacker {
  const unpack = unpackerOf(element);
  return (packed) => {
    if (packed.isNil()) return none;
    const list: unknown[] = [];
    for (let left = packed.open("array"); left > 0; left--) list.push(unpack(packed));
    packed.close();
    return list.length === 0 ? none : list;
  };
}

export function mapUnpacker(value: z.ZodType, none: object): Unpacker {
  const unpack = unpackerOf(value);
  return (packed) => {
    if (packed.isNil()) return none;
    const map = dictionary<unknown>();
    const count = packed.open("map");
    for (let left = count; left > 0; left--) {
      const key = packed.key();
      if (map[key] !== undefined) throw misfit;
      map[key] = unpack(packed);
    }
    packed.close();
    return count === 0 ? none : map;
  };
}

export function optionalUnpacker(schema: z.ZodType): Unpacker {
  const unpack = unpackerOf(schema);
  return (packed: Packed) => (packed.isNil() ? null : unpack(packed));
}
