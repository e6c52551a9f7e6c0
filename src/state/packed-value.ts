import { knownKinds, MOST_OWN_KINDS } from "./known-records.ts";
import type { Packed } from "./record-kinds.ts";
import { RecordReader } from "./record-reader.ts";
import { RecordWriter } from "./record-writer.ts";

const writer = new RecordWriter({ known: knownKinds, mostOwn: MOST_OWN_KINDS });
const reader = new RecordReader(knownKinds);

/** Packs a value by itself. */
export function packed(value: unknown): Packed {
  writer.begin();
  writer.value(value);
  return writer.text;
}

/** The value anew, each time it is asked for. */
export function unpacked(packed: Packed): unknown {
  reader.begin();
  return reader.read(Buffer.from(packed, "latin1"));
}
