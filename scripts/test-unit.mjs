/**
 * Runs the tests beside the code in two processes at once, each with half of the files, and prints what either said when
 * it has ended. Fails if one of them does.
 */
import { spawn } from "node:child_process";

const shards = 2;
const options = ["--import", "./test/property-seed.ts", "--test", "--test-isolation=none", "--test-timeout=120000"];

const codes = await Promise.all(Array.from({ length: shards }, (_, at) => run(at + 1)));
process.exitCode = codes.every((code) => code === 0) ? 0 : 1;

function run(shard) {
  return new Promise((resolve) => {
    const args = [...options, `--test-shard=${shard}/${shards}`, "src/**/*.test.ts"];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    const said = [];
    child.stdout.on("data", (chunk) => said.push(chunk));
    child.on("close", (code) => {
      process.stdout.write(Buffer.concat(said));
      resolve(code);
    });
  });
}
