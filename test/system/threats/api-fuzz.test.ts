import assert from "node:assert/strict";
import { test } from "node:test";
import { fuzzAgent } from "../../fuzz/fuzz-agent.ts";
import { scaled } from "../support/scale.ts";

/** R40: whatever is asked by HTTP is answered or refused, by our own words, and what is answered is what is described. */

const requests = scaled({ merge: 2_000, release: 200_000 });

/** What spec and recordings answer with 500: refusals of ours, each foreseen. */
const foreseen: readonly RegExp[] = [
  /^<n> error\(s\) occurred:\n/,
  /^(node|alloc|eval) lookup failed: index error: (UUID must be <n> characters|Input \(without hyphens\) must be even length|Invalid UUID: )/,
  /^(job|node|alloc|eval) not found$/,
  /^missing (node ID|job ID for deregistering)$/,
  /^must provide (a valid alloc id|a file name|task name|log type \(stdout\/stderr\))$/,
  /^(stat|open) <path>: (no such file or directory|not a directory|file name too long|invalid argument)$/,
  /^(Failed to parse follow field to boolean|error parsing (offset|limit)): strconv\.Parse(Bool|Int): /,
  /^file "…" is a directory$/,
  /^Path escapes the alloc directory$/,
  /^origin must be start or end$/,
  /^log entry for task "…" and log type "…" not found$/,
  /^unknown task name "…"$/,
  /^allocation "…" has no task "…"$/,
  /^unknown allocation ID "…"$/,
  /^can't (force launch non-periodic|evaluate periodic) job$/,
  /^No path to region$/,
  /^nonexistent namespace "…"$/,
  /^Enforcing job modify index <n>: job (already exists|does not exist|exists with conflicting job modify index: <n>)$/,
  /^gossip is not encrypted: /,
];

test(`${requests} odd requests are answered or refused by words of ours, and the agent stays well`, async () => {
  const { fuzzed, surprises, health } = await fuzzAgent({ count: requests, seed: "1" });
  const { statuses, understood, failures, faults } = fuzzed;
  assert.deepEqual(faults, []);
  assert.deepEqual(surprises, []);
  const unforeseen = [...failures].filter(([text]) => !foreseen.some((known) => known.test(text)));
  assert.deepEqual(unforeseen, []);
  const known = new Set([200, 301, 400, 403, 404, 405, 413, 415, 431, 500]);
  assert.deepEqual(
    [...statuses.keys()].filter((status) => !known.has(status)),
    [],
  );
  assert.ok(understood.size >= 30, `only ${[...understood].join(", ")} were answered: it is noise that was asked`);
  assert.deepEqual(health, { client: { message: "ok", ok: true }, server: { message: "ok", ok: true } });
});
