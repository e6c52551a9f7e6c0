import assert from "node:assert/strict";
import { test } from "node:test";
import { forbidAmbient } from "./ambient-guard.ts";

const ambient: Readonly<Record<string, () => unknown>> = {
  "Date.now": () => Date.now(),
  "Math.random": () => Math.random(),
  setTimeout: () => clearTimeout(setTimeout(() => {}, 0)),
  setInterval: () => clearInterval(setInterval(() => {}, 1000)),
  setImmediate: () => clearImmediate(setImmediate(() => {})),
  "crypto.randomUUID": () => crypto.randomUUID(),
  "crypto.getRandomValues": () => crypto.getRandomValues(new Uint8Array(1)),
  "performance.now": () => performance.now(),
  "new Date()": () => new Date(),
};

for (const [name, use] of Object.entries(ambient)) {
  test(`${name} throws inside a simulated world, and works again behind it`, () => {
    const allow = forbidAmbient();
    try {
      assert.throws(use, /inside a simulated world/);
    } finally {
      allow();
    }
    assert.doesNotThrow(use);
  });
}

test("dates of given instants can be made inside a world", () => {
  const allow = forbidAmbient();
  try {
    assert.equal(new Date(0).toISOString(), "1970-01-01T00:00:00.000Z");
  } finally {
    allow();
  }
});

test("worlds inside each other are left one by one", () => {
  const before = Date.now;
  const [allowOuter, allowInner] = [forbidAmbient(), forbidAmbient()];
  allowInner();
  assert.throws(() => Date.now(), /inside a simulated world/);
  allowOuter();
  assert.equal(Date.now, before);
});
