import assert from "node:assert/strict";
import { test } from "node:test";
import { DecoderBroken, fuzz } from "../../fuzz/fuzz.ts";
import { refuseOrRead } from "./decoders.ts";

/** What machines say, as others may say it. */

refuseOrRead("bytes");

test("R40: an error that is no refusal, a hang, and an input that takes too long would be seen, with the input", async () => {
  const told = (name: string) =>
    fuzz(name, { inputs: 100_000, seed: "1" }).then(
      () => "nothing",
      (error) => (error instanceof DecoderBroken ? error.message : `${error}`),
    );
  assert.match(await told("one that throws"), /input \d+ ff[0-9a-f]*: TypeError: first byte/);
  assert.match(await told("one that hangs"), /takes more than 20000 ms: ff/);
  assert.match(await told("one that dawdles"), /input \d+ ff[0-9a-f]*: Error: it takes 1\d\d\d[.\d]* ms/);
});
