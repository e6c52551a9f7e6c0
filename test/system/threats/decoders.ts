import assert from "node:assert/strict";
import { test } from "node:test";
import { fuzz } from "../../fuzz/fuzz.ts";
import { targets } from "../../fuzz/targets.ts";
import { scaled } from "../support/scale.ts";
import { assertAtMost } from "./attacks.ts";

const inputs = scaled({ merge: 100_000, release: 10_000_000 });
/** Of the process that watches and the thread that decodes, in MB. */
const mostMemory = 256;

/** Those that read what people write. They take as long as all others together, which are tested beside them. */
const ofTexts = new Set(["job files", "job files of hcl 2", "formatting", "hcl", "cron"]);

/** R40: whatever bytes come, a decoder gives a value or refuses them by its own error, at once and in little memory. */
export function refuseOrRead(kind: "texts" | "bytes"): void {
  for (const name of Object.keys(targets)) {
    if (ofTexts.has(name) !== (kind === "texts")) continue;
    test(`R40: ${inputs} inputs to ${name} are read or refused`, async () => {
      const { understood, memory } = await fuzz(name, { inputs, seed: "1" });
      assert.ok(
        understood > inputs / 100,
        `only ${understood} of ${inputs} were understood: it is noise that was tried`,
      );
      assertAtMost(memory, mostMemory, "MB");
    });
  }
}
