import assert from "node:assert/strict";
import { test } from "node:test";
import { Departure, type LeaderLook } from "./departure.ts";

test("a server is out when a leader without it has committed more than it had", () => {
  assert.deepEqual(
    seen([
      { lastIndex: 7, commitIndex: 7, members: ["a", "b", "c", "gone"] },
      { lastIndex: 8, commitIndex: 7, members: ["a", "b", "c"] },
      { lastIndex: 9, commitIndex: 8, members: ["a", "b", "c"] },
      { lastIndex: 9, commitIndex: 9, members: ["a", "b", "c"] },
    ]),
    [false, false, false, true],
  );
});

test("a leader that hears of nothing more, since it has been replaced, proves nothing", () => {
  const stopped = { lastIndex: 7, commitIndex: 7, members: ["a", "b", "c"] };
  assert.deepEqual(seen([stopped, stopped, stopped]), [false, false, false]);
});

test("what a leader of an earlier term had is not proven by one of a later term", () => {
  assert.deepEqual(
    seen([
      { term: "1", lastIndex: 7, commitIndex: 7, members: ["a", "b", "c"] },
      { term: "2", lastIndex: 9, commitIndex: 9, members: ["a", "b", "c"] },
      { term: "2", lastIndex: 9, commitIndex: 9, members: ["a", "b", "c"] },
      { term: "2", lastIndex: 10, commitIndex: 10, members: ["a", "b", "c"] },
    ]),
    [false, false, false, true],
  );
});

test("a server that is put in again is not out", () => {
  assert.deepEqual(
    seen([
      { lastIndex: 7, commitIndex: 7, members: ["a", "b", "c"] },
      { lastIndex: 8, commitIndex: 7, members: ["a", "b", "c", "gone"] },
      { lastIndex: 9, commitIndex: 8, members: ["a", "b", "c"] },
    ]),
    [false, false, false],
  );
});

/** What is known after each look, of the server at "gone". */
function seen(looks: readonly (Omit<LeaderLook, "term"> & { readonly term?: string })[]): readonly boolean[] {
  const departure = new Departure("gone");
  return looks.map((look) => departure.isSeenIn({ term: "1", ...look }));
}
