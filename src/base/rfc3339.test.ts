import assert from "node:assert/strict";
import { test } from "node:test";
import { instantOf } from "./instant.ts";
import { formatRfc3339 } from "./rfc3339.ts";

test("an instant is written in UTC without needless digits", () => {
  assert.equal(formatRfc3339(instantOf(0)), "1970-01-01T00:00:00Z");
  assert.equal(formatRfc3339(instantOf(1_500_000_000)), "1970-01-01T00:00:01.5Z");
  assert.equal(formatRfc3339(instantOf(1_000_000_001)), "1970-01-01T00:00:01.000000001Z");
  assert.equal(formatRfc3339(instantOf(Date.UTC(2026, 10, 22, 10, 19, 9) * 1e6)), "2026-11-22T10:19:09Z");
  assert.equal(formatRfc3339(instantOf(-1)), "1969-12-31T23:59:59.999999999Z");
  assert.equal(formatRfc3339(instantOf(Number("1795342749549434368"))), "2026-11-22T10:19:09.549434368Z");
});
