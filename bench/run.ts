/** Runs one benchmark by name: `npm run bench -- dev-agent`. Without a name it lists them. */
import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const directory = new URL("./", import.meta.url);
const [name, ...rest] = process.argv.slice(2);
const file = new URL(`${name}.ts`, directory);
if (name === undefined || name === "run" || !existsSync(file)) {
  const names = readdirSync(fileURLToPath(directory)).filter((entry) => entry.endsWith(".ts") && entry !== "run.ts");
  console.log(`Benchmarks: ${names.map((entry) => entry.slice(0, -3)).join(", ")}`);
  process.exit(name === undefined ? 0 : 1);
}
process.argv = [process.argv[0] ?? "", fileURLToPath(file), ...rest];
await import(file.href);
