import assert from "node:assert/strict";
import { dictionary } from "../../../src/base/index.ts";
import { done } from "../../../src/state/command.ts";
import { evaluationsUpdate } from "../../../src/state/commands/evaluations-update.ts";
import { jobRegister } from "../../../src/state/commands/job-register.ts";
import { nodeRegister } from "../../../src/state/commands/node-register.ts";
import { decodeCommand, encodeCommand, UnreadableEntry } from "../../../src/state/log-entry.ts";
import { restoreSnapshot } from "../../../src/state/restore-snapshot.ts";
import { aJob, aNode, anAllocation, anEvaluation, ScriptedState } from "../../../src/state/scripted-state.ts";
import { inPieces, recordsOf, sealed, snapshotBytes } from "../../../src/state/snapshot-bytes.ts";
import { START, UnreadableSnapshot } from "../../../src/state/snapshot-format.ts";
import type { Target } from "../target.ts";

const script = new ScriptedState();
script.run(jobRegister, { Job: aJob({ Meta: { key: "value" } }), Eval: anEvaluation() });
script.run(evaluationsUpdate, { Evals: [anEvaluation({ ID: "e2" })] });
script.place(anAllocation({ ID: "a1" }), anAllocation({ ID: "a2" }));
const whole = await snapshotBytes(script.view);
const chunk = Buffer.concat(
  recordsOf(whole).flatMap((record) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(record.length);
    return [length, record];
  }),
);

/** Snapshots of the state: damaged on their way, and made by somebody who knows how checksums are made. */
export const snapshots: Target = {
  name: "state snapshots",
  samples: [whole, Buffer.concat([START, chunk])],
  refusals: [UnreadableSnapshot],
  async feed(input, random) {
    const isForged = random.below(2) === 0;
    const bytes = isForged ? sealed(input.subarray(START.length)) : input;
    // A few in very small pieces: to hand those over is most of the work.
    const shortest = random.below(8) === 0 ? 1 : 200;
    await restoreSnapshot(inPieces(bytes, shortest + random.below(500)));
  },
};

const Config = dictionary<unknown>([
  ["args", ["-x", 1.5, null]],
  ["__proto__", { own: [{ a: 1 }, { a: 2, b: Uint8Array.of(1, 2) }] }],
]);
/** Entries of `command`, whatever they ask. */
const entryOf = ({ number, name }: { readonly number: number; readonly name: string }, request: unknown, at: number) =>
  encodeCommand<unknown>({ number, name, apply: () => done }, request, { at });
const entries = [
  entryOf(jobRegister, { Job: aJob({ TaskGroups: [{ Tasks: [{ Config }] }] }), Eval: anEvaluation() }, 7),
  entryOf(evaluationsUpdate, { Evals: [anEvaluation(), anEvaluation({ ID: "e2" })] }, 7),
  entryOf(nodeRegister, { Node: aNode(), Evals: [] }, 7),
];
const inFull = entries.map((entry) => JSON.stringify(decodeCommand(entry).request));
const theirs = [
  // Of a program that knew no records, and one that packs bytes, lists and negative numbers otherwise.
  Buffer.from("930107d4724092a34a6f62a44576616cd4724192a24944a454797065a377656201c0", "hex"),
  Buffer.from("930107de0001a161dc0004d0ffd1fffed2fffffffdc40101", "hex"),
];

/** Entries of the log. What is read can be written, and is read as the same; what was read before changes nothing. */
export const logEntries: Target = {
  name: "log entries",
  samples: [...entries, ...theirs],
  refusals: [UnreadableEntry],
  feed(input, random) {
    const place = random.below(8 * entries.length);
    try {
      const { command, request, context } = decodeCommand(input);
      const again: unknown = decodeCommand(entryOf(command, request, context.at)).request;
      // In text: 0 is written for -0, and nil for nothing.
      assert.equal(JSON.stringify([again]), JSON.stringify([request]));
    } finally {
      const entry = entries[place];
      if (entry !== undefined) assert.equal(JSON.stringify(decodeCommand(entry).request), inFull[place]);
    }
  },
};
