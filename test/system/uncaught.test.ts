import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { checkout } from "./support/nomad.ts";

test("the process hands every uncaught failure to its agent (T56)", () => {
  const script = `
    import { agentProcess } from "${checkout}src/cli/world/agent-process.ts";
    agentProcess().onUncaught((error) => { console.log("seen:", error.message); });
    Promise.reject(new Error("rejected"));
    setTimeout(() => { throw new Error("thrown"); }, 1);
    setTimeout(() => process.exit(7), 20);`;
  const { stdout, status } = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
  assert.deepEqual([stdout, status], ["seen: rejected\nseen: thrown\n", 7]);
});
