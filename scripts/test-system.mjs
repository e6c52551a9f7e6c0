/**
 * Runs the tests of the built command: two files at once, for most of their time passes in waiting; then, one after the
 * other, those of threats, which look at how long bystanders wait and want the machine for themselves. Fails if either do.
 */
import { spawn } from "node:child_process";
import { globSync } from "node:fs";

const all = globSync("test/system/**/*.test.ts").sort();
const alone = (path) => path.startsWith("test/system/threats/");

const codes = [];
codes.push(
  await run(
    2,
    all.filter((path) => !alone(path)),
  ),
);
codes.push(await run(1, all.filter(alone)));
process.exitCode = codes.every((code) => code === 0) ? 0 : 1;

function run(concurrency, files) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ["--test", `--test-concurrency=${concurrency}`, ...files], {
      stdio: "inherit",
    });
    child.on("close", resolve);
  });
}
