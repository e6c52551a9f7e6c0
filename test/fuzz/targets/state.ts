import { evaluationsUpdate } from "../../../src/state/commands/evaluations-update.ts";
import { jobRegister } from "../../../src/state/commands/job-register.ts";
import { restoreSnapshot } from "../../../src/state/restore-snapshot.ts";
import { aJob, anAllocation, anEvaluation, ScriptedState } from "../../../src/state/scripted-state.ts";
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
