import assert from "node:assert/strict";
import { test } from "node:test";
import { hours, minutes } from "../base/index.ts";
import { TimeTable } from "./time-table.ts";

const start = hours(100);

test("an instant names the newest entry noted before it", () => {
  const table = new TimeTable()
    .witnessing(10, start)
    .witnessing(20, start + minutes(5))
    .witnessing(30, start + minutes(60));
  assert.equal(table.indexAt(start - 1), 0);
  assert.equal(table.indexAt(start), 10);
  assert.equal(table.indexAt(start + minutes(59)), 20);
  assert.equal(table.indexAt(start + hours(9)), 30);
});

test("entries are noted five minutes apart", () => {
  let table = new TimeTable();
  for (let minute = 0; minute < 12; minute++) table = table.witnessing(minute + 1, start + minutes(minute));
  assert.deepEqual(
    [0, 4, 5, 9, 10, 20].map((minute) => table.indexAt(start + minutes(minute))),
    [1, 1, 6, 6, 11, 11],
  );
});

test("what is older than three days is forgotten", () => {
  const table = new TimeTable()
    .witnessing(1, start)
    .witnessing(2, start + hours(1))
    .witnessing(3, start + hours(72));
  assert.equal(table.indexAt(start + minutes(30)), 0);
  assert.equal(table.indexAt(start + hours(2)), 2);
});

test("a clock that was set back makes the table forget what lies ahead, and time goes on from there", () => {
  const table = new TimeTable()
    .witnessing(1, start)
    .witnessing(2, start + hours(20))
    .witnessing(3, start + minutes(10));
  assert.equal(table.indexAt(start + minutes(9)), 1);
  assert.equal(table.indexAt(start + hours(21)), 3);
  assert.equal(table.witnessing(4, start + minutes(15)).indexAt(start + minutes(15)), 4);
});

test("a table that others hold stays as it was", () => {
  const held = new TimeTable().witnessing(1, start);
  held.witnessing(2, start + hours(1));
  assert.equal(held.indexAt(start + hours(2)), 1);
});
