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

test("of many entries it remembers the newest and about one in five minutes", () => {
  let table = new TimeTable();
  for (let minute = 0; minute < 14; minute++) table = table.witnessing(minute + 1, start + minutes(minute));
  assert.deepEqual(
    [0, 3, 4, 8, 12, 13, 20].map((minute) => table.indexAt(start + minutes(minute))),
    [1, 1, 5, 9, 13, 14, 14],
  );
});

test("the last entry before a quiet time is known for what it was, also when others have come after it", () => {
  const quiet = new TimeTable().witnessing(1, start).witnessing(2, start + minutes(1));
  assert.equal(quiet.indexAt(start + minutes(1)), 2);
  const later = quiet.witnessing(3, start + hours(1)).witnessing(4, start + hours(2));
  assert.deepEqual([later.indexAt(start + minutes(59)), later.indexAt(start + minutes(61))], [2, 3]);
});

test("a table that was written down and read again is the same, and goes on the same", () => {
  let table = new TimeTable();
  for (let minute = 0; minute < 30; minute += 2) {
    const [next, read] = [table, TimeTable.of(table.witnesses)].map((each) =>
      each.witnessing(minute + 1, start + minutes(minute)),
    );
    assert.deepEqual(read?.witnesses, next?.witnesses);
    table = next as TimeTable;
  }
});

test("an entry whose proposer's clock is a little behind is taken for no older than the one before", () => {
  const table = new TimeTable().witnessing(1, start).witnessing(2, start - minutes(1));
  assert.deepEqual([table.indexAt(start - 1), table.indexAt(start)], [0, 2]);
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
