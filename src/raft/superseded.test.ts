import assert from "node:assert/strict";
import { test } from "node:test";
import type { Envelope } from "./core/messages.ts";
import { withoutSuperseded } from "./superseded.ts";

const appended = (to: string, matched: number, term = 2): Envelope => ({
  to,
  message: { kind: "appended", term, matched },
});
const confirmed = (to: string, round: number): Envelope => ({ to, message: { kind: "confirmed", term: 2, round } });

test("of several acknowledgements to one server, only the furthest is sent", () => {
  const kept = withoutSuperseded([appended("a", 5), appended("a", 9), appended("a", 7)]);

  assert.deepEqual(kept, [appended("a", 9)]);
});

test("an acknowledgement of a later term counts for more than one of more entries", () => {
  const kept = withoutSuperseded([appended("a", 9, 2), appended("a", 3, 3)]);

  assert.deepEqual(kept, [appended("a", 3, 3)]);
});

test("what goes to others, and all other messages, stay in their order", () => {
  const envelopes = [confirmed("a", 1), appended("a", 1), appended("b", 1), confirmed("a", 2), appended("a", 2)];

  assert.deepEqual(withoutSuperseded(envelopes), [envelopes[0], envelopes[2], envelopes[3], envelopes[4]]);
});
