import assert from "node:assert/strict";
import { once } from "node:events";
import { Socket } from "node:net";
import { mock, test } from "node:test";
import { SilentConnections } from "./silent-connections.ts";

test("nobody is looked for while nobody is silent: a listener that never came to be leaves no timer", async (t) => {
  const begun = mock.method(globalThis, "setInterval");
  const ended = mock.method(globalThis, "clearInterval");
  t.after(() => mock.restoreAll());
  const silent = new SilentConnections({ speaks: () => {}, late: () => {} }, { patience: 1_000, interval: 1_000 });
  assert.equal(begun.mock.callCount(), 0);
  const [one, other] = [new Socket(), new Socket()];
  silent.add(one);
  silent.add(other);
  assert.equal(begun.mock.callCount(), 1);
  const gone = [once(one, "close"), once(other, "close")];
  silent.close();
  await Promise.all(gone);
  assert.equal(ended.mock.calls.filter((call) => call.arguments[0] === begun.mock.calls[0]?.result).length, 1);
});
