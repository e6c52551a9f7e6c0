import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { SeededRandom } from "../../src/base/index.ts";
import { exampleJobFile } from "../../src/cli/example-job-file.ts";
import { formatHCL, HCLError, parseJob } from "../../src/jobspec/index.ts";
import { damaged } from "../fuzz/mutations.ts";
import { checkout } from "./support/nomad.ts";

/** What `nomad fmt` makes of a job file is the same job, and what is formatted stays as it is. */
const directory = join(checkout, "test", "system", "recordings", "jobs");
const files = readdirSync(directory).map((name) => [name, readFileSync(join(directory, name), "utf8")] as const);
const texts = [...files, ["the example of init", exampleJobFile] as const];

/** The job, or why the file is none, without places: these move when a file is formatted. */
function meaningOf(text: string): unknown {
  try {
    return parseJob(text, "job.nomad");
  } catch (error) {
    if (!(error instanceof HCLError)) throw error;
    return error.message.replaceAll(/\d+(?=:)/g, "");
  }
}

function formatted(text: string): string | undefined {
  try {
    return formatHCL(text, "job.nomad");
  } catch (error) {
    if (error instanceof HCLError) return undefined;
    throw error;
  }
}

for (const [name, text] of texts) {
  test(`${name} means the same when it is formatted`, () => {
    const once = formatted(text);
    assert.equal(once === undefined, name === "broken.nomad");
    if (once === undefined) return;
    assert.deepEqual(meaningOf(once), meaningOf(text));
    assert.equal(formatted(once), once);
  });
}

test("so does what is left of job files when bytes are changed, cut and doubled, as long as it can be read", () => {
  const random = new SeededRandom("job files");
  const samples = texts.map(([, text]) => Buffer.from(text.slice(0, 4000)));
  let compared = 0;
  for (let input = 0; input < 3000; input++) {
    const text = damaged(samples, random).toString();
    const once = formatted(text);
    if (once === undefined) continue;
    assert.deepEqual(meaningOf(once), meaningOf(text), text);
    compared++;
  }
  assert.ok(compared > 300, `${compared} could be read`);
});
