import assert from "node:assert/strict";
import { test } from "node:test";
import { Links } from "./links.ts";

const there = { from: "one", to: "other" };
const back = { from: "other", to: "one" };

test("a way that is cut keeps what is sent, in order, until it heals; the way back is open", () => {
  const links = new Links();
  const arrived: string[] = [];
  links.cut(there);
  links.pass(there, () => arrived.push("first"));
  links.pass(there, () => arrived.push("second"));
  links.pass(back, () => arrived.push("answer"));
  assert.deepEqual(arrived, ["answer"]);
  links.heal();
  assert.deepEqual(arrived, ["answer", "first", "second"]);
  assert.equal(links.isCut(there), false);
});

test("a way that is cut twice keeps what it kept", () => {
  const links = new Links();
  let arrived = 0;
  links.cut(there);
  links.pass(there, () => arrived++);
  links.cut(there);
  links.heal();
  assert.equal(arrived, 1);
});
