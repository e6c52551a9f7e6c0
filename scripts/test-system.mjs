/**
 * Runs the tests of the built command. Two files at once, for most of their time passes in waiting; then, one after the
 * other, those of threats, which look at how long bystanders wait and want the machine for themselves; then those that
 * only feed decoders, each of which keeps one processor busy. Fails if any do.
 */
import { spawn } from "node:child_process";
import { globSync } from "node:fs";

const all = globSync("test/system/**/*.test.ts").sort();
const groups = [
  { atOnce: 2, holds: (path) => !path.startsWith("test/system/threats/") },
  { atOnce: 1, holds: (path) => path.startsWith("test/system/threats/") && !path.includes("/fuzz-") },
  { atOnce: 2, holds: (path) => path.startsWith("test/system/threats/fuzz-") },
];

const codes = [];
for (const { atOnce, holds } of groups) codes.push(await run(atOnce, all.filter(holds)));
process.exitCode = codes.every((code) => code === 0) ? 0 : 1;

function run(concurrency, files) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ["--test", `--test-concurrency=${concurrency}`, ...files], {
      stdio: "inherit",
    });
    child.on("close", resolve);
  });
}
