import assert from "node:assert/strict";
import { test } from "node:test";
import { node } from "../../model/index.ts";
import { encodeCommand, nodeRegister, State } from "../../state/index.ts";
import { Agreement } from "./agreement.ts";

/** A state that nodes of these names were registered with, one after the other; told to `agreement` each time. */
function stateWith(agreement: Agreement, server: string, ...names: readonly string[]): void {
  const state = new State();
  for (const [at, Name] of names.entries()) {
    const Node = node.parse({ ID: Name, Name, Datacenter: "dc1", Status: "ready" });
    const data = encodeCommand(nodeRegister, { Node, Evals: [] }, { at: 0 });
    const applied = state.apply({ index: at + 1, data });
    agreement.applied(server, state.view(), applied);
  }
}

test("servers that apply the same entries agree, and so does one that begins again", () => {
  const agreement = new Agreement([]);
  stateWith(agreement, "one", "a", "b");
  stateWith(agreement, "two", "a");
  stateWith(agreement, "one", "a", "b");
  assert.equal(agreement.lastIndex, 2);
});

test("servers whose entries differ at an index are noticed", () => {
  const agreement = new Agreement([]);
  stateWith(agreement, "one", "a", "b");
  assert.throws(() => stateWith(agreement, "two", "a", "c"), /the same: one and two, at 2/);
});

test("a server that comes to another state after a crash is noticed", () => {
  const agreement = new Agreement([]);
  stateWith(agreement, "one", "a");
  assert.throws(() => stateWith(agreement, "one", "b"), /the same: one, twice, at 1/);
});

test("each index is shown to the checkers once", () => {
  const seen: number[] = [];
  const agreement = new Agreement([(_view, { index }) => seen.push(index)]);
  stateWith(agreement, "one", "a", "b");
  stateWith(agreement, "two", "a", "b");
  assert.deepEqual(seen, [1, 2]);
});

test("two leaders of one term are noticed; one leader may lead again, and others in other terms", () => {
  const agreement = new Agreement([]);
  agreement.leads("one", 1, 0);
  agreement.leads("one", 1, 0);
  agreement.leads("two", 2, 0);
  assert.throws(() => agreement.leads("one", 2, 0), /a term has one leader: two and one in term 2/);
});

test("a leader that lacks what was committed before its term is noticed; one of an earlier term may come late", () => {
  const agreement = new Agreement([]);
  agreement.committed(2, 7);
  agreement.leads("one", 1, 3);
  agreement.leads("two", 3, 7);
  assert.throws(() => agreement.leads("three", 4, 6), /leaders are complete: three ends at 6 in term 4, not 7/);
});
