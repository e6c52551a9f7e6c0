/**
 * Feeds decoders: `npm run fuzz -- --inputs 10000000 --seed 1 --target msgpack`; without a target, all one after another. The target
 * `http api` asks a built agent what its OpenAPI document says may be asked, and what it does not.
 */
import { parseArgs } from "node:util";
import { fuzz } from "./fuzz.ts";
import { fuzzAgent } from "./fuzz-agent.ts";
import { targets } from "./targets.ts";

const { values } = parseArgs({
  options: {
    inputs: { type: "string", default: "100000" },
    seed: { type: "string", default: "1" },
    target: { type: "string" },
  },
});
const api = "http api";
const chosen = [...Object.keys(targets), api].filter((name) => values.target === undefined || name === values.target);
if (chosen.length === 0)
  throw new Error(`There is no decoder "${values.target}"; there are ${[...Object.keys(targets), api].join(", ")}`);
let broken = 0;
for (const name of chosen) {
  try {
    if (name === api) {
      await askAgent();
      continue;
    }
    const { understood, seconds, memory } = await fuzz(name, { inputs: Number(values.inputs), seed: values.seed });
    const rate = Math.round(Number(values.inputs) / seconds);
    console.log(`${name}: ${values.inputs} inputs, ${understood} understood, ${rate} a second, ${memory.toFixed()} MB`);
  } catch (error) {
    broken++;
    console.error(error instanceof Error ? error.message : error);
  }
}

/** Tells what there was of each status, and each text of a 500 with a request that led to it: a reader judges those. */
async function askAgent(): Promise<void> {
  const { fuzzed, surprises, health } = await fuzzAgent({ count: Number(values.inputs), seed: values.seed });
  const { statuses, understood, failures, faults } = fuzzed;
  console.log(`${api}: ${values.inputs} requests, statuses ${JSON.stringify(Object.fromEntries(statuses))}`);
  console.log(`${understood.size} operations answered; health ${JSON.stringify(health)}`);
  for (const [text, request] of failures)
    console.log(`500 ${text.split("\n").slice(0, 3).join(" | ")} <= ${request.slice(0, 160)}`);
  for (const each of [...faults, ...surprises]) console.error(each);
  if (faults.length + surprises.length > 0) broken++;
}
process.exit(broken === 0 ? 0 : 1);
