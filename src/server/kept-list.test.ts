import assert from "node:assert/strict";
import { test } from "node:test";
import { KeptList } from "./kept-list.ts";

const table = () => ({ contents: {} });

test("a list is made once for all who ask, until one of its tables changes", () => {
  const list = new KeptList<string>();
  let made = 0;
  const make = () => [`list ${++made}`];
  const [jobs, summaries] = [table(), table()];
  const first = list.of([jobs, summaries], make);
  assert.equal(list.of([jobs, summaries], make), first);
  const second = list.of([jobs, table()], make);
  assert.deepEqual([second, made], [["list 2"], 2]);
  assert.deepEqual(list.of([jobs, summaries], make), ["list 3"]);
});
