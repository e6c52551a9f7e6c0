import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Table, type TableDeclaration } from "./table.ts";

interface Cat {
  readonly name: string;
  readonly home: string;
  readonly lost: boolean;
}
const cats: TableDeclaration<Cat, "home" | "search", "missed"> = {
  key: (cat) => cat.name,
  indexes: { home: (cat) => cat.home, search: (cat) => (cat.lost ? cat.home : undefined) },
  counted: { missed: (cat) => (cat.lost ? cat.home : undefined) },
};
const cat = (name: string, home = "here", lost = false): Cat => ({ name, home, lost });
const names = (rows: Iterable<Cat>) => [...rows].map((row) => row.name);

test("rows come in the order of their keys, also by an index and by a prefix", () => {
  const table = new Table(cats);
  for (const name of ["mo", "ada", "max", "m", "zoe"]) table.put(cat(name), 1);
  assert.deepEqual(names(table.all()), ["ada", "m", "max", "mo", "zoe"]);
  assert.deepEqual(names(table.withPrefix("m")), ["m", "max", "mo"]);
  assert.deepEqual(names(table.withPrefix("x")), []);
  assert.deepEqual(names(table.by("home", "here")), ["ada", "m", "max", "mo", "zoe"]);
});

test("a value of an index is matched whole, not as the beginning of another", () => {
  const table = new Table(cats);
  table.put(cat("a", "x"), 1);
  table.put(cat("b", "x\u0000y"), 1);
  table.put(cat("c", "xy"), 1);
  assert.deepEqual(names(table.by("home", "x")), ["a"]);
});

test("a row that moves is found at its new place only, and one without a value at none", () => {
  const table = new Table(cats);
  table.put(cat("mo", "here", true), 1);
  assert.deepEqual(names(table.by("search", "here")), ["mo"]);
  table.put(cat("mo", "there"), 2);
  assert.deepEqual(names(table.by("home", "here")), []);
  assert.deepEqual(names(table.by("home", "there")), ["mo"]);
  assert.deepEqual([...table.by("search", "here"), ...table.by("search", "there")], []);
});

test("a table knows when it was last written; deleting nothing is no write", () => {
  const table = new Table(cats);
  assert.equal(table.lastIndex, 0);
  assert.equal(table.put(cat("mo"), 4), undefined);
  assert.equal(table.delete("max", 5), undefined);
  assert.equal(table.lastIndex, 4);
  assert.equal(table.delete("mo", 6)?.name, "mo");
  assert.equal(table.lastIndex, 6);
});

test("an iteration goes over the rows as they were when it began", () => {
  const table = new Table(cats);
  for (let i = 0; i < 100; i++) table.put(cat(`cat ${String(i).padStart(3, "0")}`), 1);
  const met: string[] = [];
  for (const row of table.by("home", "here")) {
    met.push(row.name);
    table.delete(row.name, 2);
    table.put(cat(`${row.name} the second`), 2);
  }
  assert.equal(met.length, 100);
  assert.equal(table.size, 100);
});

test("a table and its clones hold what a map would, whatever is written to which of them", () => {
  const step = fc.record({
    on: fc.nat(3),
    what: fc.constantFrom("put", "put", "put", "delete", "clone"),
    name: fc.integer({ min: 0, max: 300 }).map(String),
    home: fc.constantFrom("a", "b", "c"),
    lost: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 600, size: "max" }), (steps) => {
      const pairs = [{ table: new Table(cats), model: new Map<string, Cat>() }];
      for (const { on, what, name, home, lost } of steps) {
        const { table, model } = pairs[on % pairs.length] ?? assert.fail();
        if (what === "clone") pairs.push({ table: table.clone(), model: new Map(model) });
        else if (what === "delete") assert.equal(table.delete(name, 1), take(model, name));
        else {
          table.put(cat(name, home, lost), 1);
          model.set(name, table.get(name) ?? assert.fail());
        }
      }
      for (const { table, model } of pairs) assertSame(table, model);
    }),
    { numRuns: 30 },
  );
});

function take(model: Map<string, Cat>, name: string): Cat | undefined {
  const found = model.get(name);
  model.delete(name);
  return found;
}

function assertSame(table: Table<Cat, "home" | "search", "missed">, model: ReadonlyMap<string, Cat>): void {
  const rows = [...model.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  assert.equal(table.size, rows.length);
  assert.deepEqual([...table.all()], rows);
  assert.deepEqual(
    [...table.withPrefix("1")],
    rows.filter((row) => row.name.startsWith("1")),
  );
  for (const home of ["a", "b", "c"]) {
    const there = rows.filter((row) => row.home === home);
    assert.deepEqual([...table.by("home", home)], there);
    assert.deepEqual(
      [...table.by("search", home)],
      there.filter((row) => row.lost),
    );
    for (const index of ["search", "missed"] as const) {
      assert.equal(
        table.hasAny(index, home),
        there.some((row) => row.lost),
      );
    }
  }
}
