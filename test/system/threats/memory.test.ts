import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Agents } from "../support/agents.ts";
import { eventually } from "../support/nomad.ts";

/** A server of the built command whose heap is small, and filled by what a program beside it keeps. */

const LIMIT = 256;
const filler = fileURLToPath(new URL("../support/heap-filler.ts", import.meta.url));

test("T50: a server short of memory turns requests away, serves again when there is some, and ends with a word before it dies of it", async () => {
  const agents = await Agents.begin();
  try {
    const keep = await agents.file("keep", "0");
    const options = `--max-old-space-size=${LIMIT} --import=file://${filler} --disable-warning=ExperimentalWarning`;
    const server = await agents.place("one");
    await server.start("server { enabled = true bootstrap_expect = 1 }", [], {
      NODE_OPTIONS: options,
      HEAP_FILLER: keep,
    });
    await server.knowsLeader();

    // It grows until it says that there is little left.
    let kept = 0;
    await eventually(
      "requests are turned away",
      async () => {
        kept += 5;
        await writeFile(keep, `${kept}`);
        const answer = await server.ask("/v1/jobs");
        if (answer.status === 200) return undefined;
        assert.equal(answer.status, 503);
        assert.equal(answer.headers.get("Retry-After"), "10");
        return true;
      },
      60,
      250,
    );
    await server.says(/\[WARN\] agent: little memory is left: HTTP requests are refused/);
    assert.equal((await server.ask("/v1/system/gc", { method: "PUT" })).status, 200);
    assert.equal((await server.ask("/v1/status/leader")).status, 503);

    await writeFile(keep, "0");
    await server.seen("it serves again", "/v1/status/leader", () => true, 60);
    await server.says(/\[INFO\] agent: there is memory enough again/);

    await writeFile(keep, `${2 * LIMIT}`);
    assert.equal(await server.exitCode(), 1);
    const said = await server.output();
    assert.match(
      said,
      /==> The agent cannot go on: its memory is full: it keeps \d+ MiB of the 256 MiB that it may\. Allow more with NODE_OPTIONS/,
    );
    assert.match(said, /agent: shutdown complete/);
    assert.doesNotMatch(said, /heap out of memory|Last few GCs/);
  } finally {
    await agents.dispose();
  }
});
