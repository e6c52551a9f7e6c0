import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock, type Processes } from "../runtime/index.ts";
import { nodeRuntime } from "../runtime/node/index.ts";
import { SyslogCopy } from "./syslog-copy.ts";

/** Of each logger that is started, what it was given. */
function loggers() {
  const written: string[] = [];
  const pipe = (_: unknown, { input }: { readonly input: AsyncIterable<Uint8Array> }) => {
    const number = written.push("") - 1;
    const done = (async () => {
      for await (const chunk of input) written[number] += Buffer.from(chunk).toString();
      return { exitCode: 0, signal: 0, stdout: "", stderr: "" };
    })();
    return { output: nothingUntil(done), ended: done };
  };
  return { written, processes: { environment: {}, pipe } as unknown as Processes };
}

async function* nothingUntil(done: Promise<unknown>): AsyncGenerator<Uint8Array> {
  await done;
  yield new Uint8Array();
}

test("the log is copied from when settings say so until they do not, each time as whose they say", async () => {
  const { written, processes } = loggers();
  const { log } = nodeRuntime({ logLevel: "INFO", writeLog: () => {} });
  const copy = new SyslogCopy(
    { processes, clock: new ManualClock(), log },
    { EnableSyslog: false, SyslogFacility: "" },
  );
  log.info("one");
  await copy.take({ EnableSyslog: true, SyslogFacility: "LOCAL0" });
  log.info("two");
  await copy.take({ EnableSyslog: true, SyslogFacility: "LOCAL0" });
  log.info("three");
  await copy.take({ EnableSyslog: true, SyslogFacility: "LOCAL1" });
  log.info("four");
  await copy.take({ EnableSyslog: false, SyslogFacility: "LOCAL1" });
  log.info("five");
  await copy[Symbol.asyncDispose]();
  assert.deepEqual(written, ["<133>agent: two\n<133>agent: three\n", "<141>agent: four\n"]);
});
