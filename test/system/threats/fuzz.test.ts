import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DecoderBroken, fuzz } from "../../fuzz/fuzz.ts";
import { targets } from "../../fuzz/targets.ts";
import { scaled } from "../support/scale.ts";
import { assertAtMost } from "./attacks.ts";

/** R40: whatever bytes come, a decoder gives a value or refuses them by its own error, at once and in little memory. */

const inputs = scaled({ merge: 100_000, release: 10_000_000 });
/** Of the process that watches and the thread that decodes, in MB. */
const mostMemory = 256;

describe("R40: bytes that others have made", () => {
  for (const name of Object.keys(targets)) {
    test(`${inputs} inputs to ${name} are read or refused`, async () => {
      const { understood, memory } = await fuzz(name, { inputs, seed: "1" });
      assert.ok(
        understood > inputs / 100,
        `only ${understood} of ${inputs} were understood: it is noise that was tried`,
      );
      assertAtMost(memory, mostMemory, "MB");
    });
  }

  test("an error that is no refusal, a hang, and an input that takes too long would be seen, with the input", async () => {
    const told = (name: string) =>
      fuzz(name, { inputs: 100_000, seed: "1" }).then(
        () => "nothing",
        (error) => (error instanceof DecoderBroken ? error.message : `${error}`),
      );
    assert.match(await told("one that throws"), /input \d+ ff[0-9a-f]*: TypeError: first byte/);
    assert.match(await told("one that hangs"), /takes more than 20000 ms: ff/);
    assert.match(await told("one that dawdles"), /input \d+ ff[0-9a-f]*: Error: it takes 1\d\d\d[.\d]* ms/);
  });
});
