import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Usage } from "../model/index.ts";
import { Table, type TableDeclaration } from "./table.ts";

interface Parcel {
  readonly name: string;
  readonly on: string;
  /** Nothing if it has been taken down. */
  readonly weight: number | undefined;
}
const usage = (CPU: number): Usage => ({ CPU, MemoryMB: 2 * CPU, DiskMB: 3 * CPU, IOPS: 0 });
const parcels: TableDeclaration<Parcel, "on"> = {
  key: ({ name }) => name,
  indexes: { on: ({ on }) => on },
  sum: { by: ({ on }) => on, taken: ({ weight }) => (weight === undefined ? undefined : usage(weight)) },
};

const shelves = ["low", "high"];
const parcel = fc.record({
  name: fc.constantFrom("a", "b", "c", "d"),
  on: fc.constantFrom(...shelves),
  weight: fc.option(fc.nat(100), { nil: undefined }),
});
const step = fc.oneof(
  parcel.map((row) => (table: Table<Parcel, "on">) => void table.put(row, 1)),
  fc.constantFrom("a", "b", "c", "d").map((name) => (table: Table<Parcel, "on">) => void table.delete(name, 1)),
);

test("what rows take is the sum of all that are there, in a clone as in the table that goes on", () => {
  fc.assert(
    fc.property(fc.array(step), fc.array(step), (before, after) => {
      const table = new Table(parcels);
      for (const change of before) change(table);
      const clone = table.clone();
      for (const change of after) change(table);
      for (const each of [table, clone]) {
        for (const shelf of shelves) {
          const weight = [...each.by("on", shelf)].reduce((sum, row) => sum + (row.weight ?? 0), 0);
          const { CPU, MemoryMB, DiskMB } = each.takenOf(shelf);
          assert.deepEqual([CPU, MemoryMB, DiskMB], [weight, 2 * weight, 3 * weight]);
        }
      }
    }),
  );
});

test("nothing is taken of what no row is by, and by a table that adds up nothing", () => {
  const { sum: _, ...plain } = parcels;
  const table = new Table<Parcel, "on">(plain);
  table.put({ name: "a", on: "low", weight: 5 }, 1);
  assert.equal(table.takenOf("low").CPU, 0);
  assert.equal(new Table(parcels).takenOf("low").CPU, 0);
});
