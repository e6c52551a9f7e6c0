import assert from "node:assert/strict";
import { test } from "node:test";
import { instantOf } from "../../base/index.ts";
import type { Clock } from "../clock.ts";
import type { LogLevel } from "../log.ts";
import { TextLog } from "./text-log.ts";

/** A clock that stands at 2016-08-23 21:26:03.853216 local time. */
const standing: Clock = {
  now: () => instantOf(0),
  wallTime: () => instantOf(new Date(2016, 7, 23, 21, 26, 3).getTime() * 1e6 + 853_216_512),
  at: () => () => {},
  sleep: () => Promise.resolve(),
};

function logAt(level: LogLevel) {
  const written: string[] = [];
  return { written, log: new TextLog(standing, (text) => written.push(text), { level }) };
}

test("a record is a line as Nomad 0.4.1 prints it", () => {
  const { log, written } = logAt("DEBUG");
  log.release();
  log.named("client").info("node registration complete");
  log.named("serf").info("EventMemberJoin: vm.global 127.0.0.1");
  log.error("cannot go on");
  assert.deepEqual(written, [
    "    2016/08/23 21:26:03.853216 [INFO] client: node registration complete\n",
    "    2016/08/23 21:26:03 [INFO] serf: EventMemberJoin: vm.global 127.0.0.1\n",
    "    2016/08/23 21:26:03.853216 [ERR] agent: cannot go on\n",
  ]);
});

test("records are held back until release, then follow in order", () => {
  const { log, written } = logAt("INFO");
  log.info("first");
  log.info("second");
  assert.equal(written.length, 0);
  log.release();
  log.info("third");
  assert.deepEqual(
    written.map((line) => line.trim().split(" ").at(-1)),
    ["first", "second", "third"],
  );
});

test("records below the level are dropped, and the level can change", () => {
  const { log, written } = logAt("WARN");
  log.release();
  log.trace("a");
  log.info("b");
  log.warn("c");
  log.setLevel("TRACE");
  log.named("raft").trace("d");
  assert.deepEqual(
    written.map((line) => line.trim().at(-1)),
    ["c", "d"],
  );
});

test("fields follow the phrase, quoted where they are not one plain word", () => {
  const { log, written } = logAt("INFO");
  log.release();
  log.info("plan applied", {
    evaluationID: "e-1",
    placed: 12,
    name: "two words",
    none: undefined,
    empty: "",
    list: [1, "a b"],
    why: new Error("no room"),
  });
  assert.match(
    written[0] as string,
    /plan applied evaluationID=e-1 placed=12 name="two words" empty="" list=\[1,"a b"\] why="no room"\n$/,
  );
});

test("outside text cannot end a record, forge another, or steer a terminal (T25)", () => {
  const { log, written } = logAt("INFO");
  log.release();
  const evil = "x\n    2016/08/23 21:26:03 [ERR] raft: forged\r\u001b[31m\u202e\u200b\ud800";
  log.info("read", { evil, list: [evil], [evil]: 1, error: new Error(evil) });
  log.info(`named ${evil.replace("\n", "")}`);
  assert.equal(written.length, 2);
  for (const record of written) {
    assert.match(record, /^[^\n]*\n$/);
    assert.doesNotMatch(record.trimEnd(), /[\p{Cc}\p{Cf}\p{Cs}]/u);
  }
});

test("a phrase of several lines goes on as it is", () => {
  const { log, written } = logAt("INFO");
  log.release();
  log.named("consul.syncer").info("error in syncing: 1 error(s) occurred:\n\n* refused");
  assert.match(written[0] as string, /occurred:\n\n\* refused\n$/);
});
