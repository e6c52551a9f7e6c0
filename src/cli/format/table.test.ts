import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { columns, keyValues } from "./table.ts";

test("columns are two spaces apart, and the last cell is not filled up", () => {
  const rows = [
    ["ID", "DC", "Class"],
    ["4acefca0", "dc1", ""],
    ["57", "europe", "big"],
  ];
  assert.equal(columns(rows), "ID        DC      Class\n4acefca0  dc1     <none>\n57        europe  big");
});

test("blanks stay blank where they mean something", () => {
  assert.equal(
    columns(
      [
        ["IOPS", "Addresses"],
        ["0", ""],
      ],
      { blanks: true },
    ),
    "IOPS  Addresses\n0     ",
  );
});

test("names and values are joined by an equals sign", () => {
  assert.equal(
    keyValues([
      ["ID", "web"],
      ["Datacenters", " dc1 "],
      ["Next", ""],
    ]),
    "ID          = web\nDatacenters = dc1\nNext        = <none>",
  );
});

test("widths count bytes", () => {
  assert.equal(
    columns([
      ["µs", "x"],
      ["abc", "y"],
    ]),
    "µs  x\nabc  y",
  );
});

test("every cell of a column begins at the same byte", () => {
  const cell = fc.stringMatching(/^[a-z]{1,9}$/);
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, cell, cell), { minLength: 1 }), (rows) => {
      const lines = columns(rows).split("\n");
      const starts = lines.map((line, at) => line.lastIndexOf(rows[at]![2]));
      assert.equal(new Set(starts).size, 1);
    }),
  );
});
