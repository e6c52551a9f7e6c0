/** Records with the same fields in the same order: in what is packed, a number stands for their names. */
export interface RecordKind {
  readonly fields: readonly string[];
  /** True if each record that is read is an object of its own, that may be changed before others see it. */
  readonly isChanged?: boolean;
  /** Writes what is in a record of this kind. */
  readonly write: (writer: ValueWriter, record: object) => void;
  /** Reads what is in a record of this kind. */
  readonly read: (reader: ValueReader) => object;
}

/** Writes one value after the other. */
export interface ValueWriter {
  value(value: unknown): void;
  /** Writes a value that is packed already. */
  packed(packed: Packed): void;
}

/**
 * A value that was written by itself, for who knows all known kinds, each byte of it as a character. It takes a fraction of the
 * memory that the value would take, and is nothing that the garbage collector has to follow.
 */
export type Packed = string;

/** Reads one value after the other. */
export interface ValueReader {
  value(): unknown;
  /** A value as it is packed, if it is, and otherwise the value itself, which is no text. */
  packed(): unknown;
}

/**
 * A kind whose fields this program names. It becomes code that names them too, and is several times as fast: the
 * engine then knows where each field is. Never for fields that came with data.
 */
export function compiledKind(names: readonly string[]): RecordKind {
  const fields = interned(names);
  const writing = fields.map((field) => `writer.value(record.${field});`).join(" ");
  const reading = fields.map((field) => `${field}: reader.value()`).join(", ");
  return {
    fields,
    write: new Function("writer", "record", writing) as RecordKind["write"],
    read: new Function("reader", `return { ${reading} };`) as RecordKind["read"],
  };
}

/** A kind with fields of any names but `__proto__`. */
export function describedKind(fields: readonly string[]): RecordKind {
  return {
    fields,
    write(writer, record) {
      for (const field of fields) writer.value((record as Record<string, unknown>)[field]);
    },
    read(reader) {
      const record: Record<string, unknown> = {};
      for (const field of fields) record[field] = reader.value();
      return record;
    },
  };
}

/** A kind under a number. */
export interface NumberedKind {
  readonly kind: RecordKind;
  readonly number: number;
}

/** Kinds by what their records look like. */
export class KindIndex {
  readonly #byFirstField = new Map<string | undefined, NumberedKind[]>();

  add(numbered: NumberedKind): void {
    const [first] = numbered.kind.fields;
    const others = this.#byFirstField.get(first);
    if (others === undefined) this.#byFirstField.set(first, [numbered]);
    else others.push(numbered);
  }

  remove(numbered: NumberedKind): void {
    const alike = this.#byFirstField.get(numbered.kind.fields[0]) ?? [];
    alike.splice(alike.indexOf(numbered), 1);
  }

  /** The kind of `record`, if it is here. */
  find(record: object): NumberedKind | undefined {
    const candidates = this.#byFirstField.get(firstField(record));
    if (candidates === undefined) return undefined;
    for (const candidate of candidates) if (hasFields(record, candidate.kind.fields)) return candidate;
    return undefined;
  }
}

function firstField(record: object): string | undefined {
  for (const field in record) return field;
  return undefined;
}

/** Whether these are the fields of `record`, in this order. */
function hasFields(record: object, fields: readonly string[]): boolean {
  let at = 0;
  for (const field in record) if (field !== fields[at++]) return false;
  return at === fields.length;
}

/** The same names as the very strings that objects have for their keys: those are equal at a glance. */
export function interned(names: readonly string[]): readonly string[] {
  return Object.keys(Object.fromEntries(names.map((name) => [name, undefined])));
}
