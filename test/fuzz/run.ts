/** Feeds decoders: `npm run fuzz -- --inputs 10000000 --seed 1 --target msgpack`; without a target, all one after another. */
import { parseArgs } from "node:util";
import { fuzz } from "./fuzz.ts";
import { targets } from "./targets.ts";

const { values } = parseArgs({
  options: {
    inputs: { type: "string", default: "100000" },
    seed: { type: "string", default: "1" },
    target: { type: "string" },
  },
});
const chosen = Object.keys(targets).filter((name) => values.target === undefined || name === values.target);
if (chosen.length === 0)
  throw new Error(`There is no decoder "${values.target}"; there are ${Object.keys(targets).join(", ")}`);
let broken = 0;
for (const name of chosen) {
  try {
    const { understood, seconds, memory } = await fuzz(name, { inputs: Number(values.inputs), seed: values.seed });
    const rate = Math.round(Number(values.inputs) / seconds);
    console.log(`${name}: ${values.inputs} inputs, ${understood} understood, ${rate} a second, ${memory.toFixed()} MB`);
  } catch (error) {
    broken++;
    console.error(error instanceof Error ? error.message : error);
  }
}
process.exit(broken === 0 ? 0 : 1);
