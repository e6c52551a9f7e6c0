/**
 * A map whose pairs lie in rows. `encodeMsgpack` writes it straight from these, so that no dictionary is made where it is only
 * written. No two rows have the same key.
 */
export class PairsOf<Row, Value> {
  readonly rows: readonly Row[];
  readonly key: (row: Row) => string;
  readonly value: (row: Row) => Value;

  constructor(rows: readonly Row[], key: (row: Row) => string, value: (row: Row) => Value) {
    this.rows = rows;
    this.key = key;
    this.value = value;
  }

  *[Symbol.iterator](): Generator<readonly [key: string, value: Value], void> {
    for (const row of this.rows) yield [this.key(row), this.value(row)];
  }
}
