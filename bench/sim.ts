/** Clusters under trouble, one seed after another, until one fails: `npm run sim -- --seeds 1000 --first 1`. */
import { parseArgs } from "node:util";
import { storm } from "../src/sim/index.ts";

const { values } = parseArgs({
  options: { seeds: { type: "string", default: "100" }, first: { type: "string", default: "1" } },
});
const first = Number(values.first);
const begun = performance.now();
const figures = (done: number) => `${(done / ((performance.now() - begun) / 1000)).toFixed(2)} seeds per second`;
for (let done = 0; done < Number(values.seeds); done++) {
  try {
    await storm(String(first + done));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    console.log(
      `${done} seeds passed before it, ${figures(done)}; again: npm run sim -- --seeds 1 --first ${first + done}`,
    );
    process.exit(1);
  }
}
console.log(`${values.seeds} seeds passed, ${figures(Number(values.seeds))}`);
