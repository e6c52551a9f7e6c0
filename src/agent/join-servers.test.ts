import assert from "node:assert/strict";
import { test } from "node:test";
import { seconds } from "../base/index.ts";
import { type Log, ManualClock } from "../runtime/index.ts";
import type { Server } from "../server/index.ts";
import { mergeSettings } from "./config/merge-settings.ts";
import { defaultSettings, type PartialSettings } from "./config/settings.ts";
import { joinAtStart, keepJoining } from "./join-servers.ts";

type Joins = Pick<Server, "membership">;

/** A server whose joins fail so many times before they work. */
function joining(failures: number): Joins & { readonly asked: string[][] } {
  const asked: string[][] = [];
  const join = async (addresses: readonly string[]) => {
    asked.push([...addresses]);
    return asked.length > failures ? { joined: addresses.length, error: "" } : { joined: 0, error: "nobody there" };
  };
  return { asked, membership: { join } as unknown as Server["membership"] };
}

const settings = (server: PartialSettings["Server"]) => mergeSettings(defaultSettings, { Server: server });

function world() {
  const lines: string[] = [];
  const at = (level: string) => (phrase: string) => void lines.push(`[${level}] ${phrase}`);
  const log: Log = {
    trace: at("TRACE"),
    debug: at("DEBUG"),
    info: at("INFO"),
    warn: at("WARN"),
    error: at("ERR"),
    named: () => log,
  };
  return { lines, log, clock: new ManualClock() };
}

const never = new AbortController().signal;

test("what is to be joined at the start is asked once, and the answer is the caller's", async () => {
  const server = joining(1);
  const asked = settings({ StartJoin: ["a", "b"] });
  assert.deepEqual(await joinAtStart(server, asked), { joined: 0, error: "nobody there" });
  assert.deepEqual(await joinAtStart(server, asked), { joined: 2, error: "" });
  assert.equal(await joinAtStart(server, settings({})), undefined);
});

test("joining is tried again at its interval until it works", async () => {
  const server = joining(2);
  const { lines, ...around } = world();
  const joined = keepJoining(server, settings({ RetryJoin: ["a"], RetryInterval: "30s" }), around, never);
  await around.clock.advance(seconds(29));
  assert.equal(server.asked.length, 1);
  await around.clock.advance(seconds(40));
  assert.equal(await joined, true);
  assert.deepEqual(lines, [
    "[INFO] Joining cluster...",
    "[WARN] Join failed: nobody there, retrying in 30s",
    "[WARN] Join failed: nobody there, retrying in 30s",
    "[INFO] Join completed. Synced with 1 initial agents",
  ]);
});

test("with a limit it gives up after one try more than that", async () => {
  const server = joining(99);
  const { lines, ...around } = world();
  const asked = settings({ RetryJoin: ["a"], RetryInterval: "1s", RetryMaxAttempts: 2 });
  const joined = keepJoining(server, asked, around, never);
  await around.clock.advance(seconds(10));
  assert.equal(await joined, false);
  assert.equal(server.asked.length, 3);
  assert.equal(lines.at(-1), "[ERR] max join retry exhausted, exiting");
});

test("an interval that is written empty is the usual one", async () => {
  const { lines, log, clock } = world();
  const server = joining(1);
  const joined = keepJoining(server, settings({ RetryJoin: ["a"], RetryInterval: "" }), { log, clock }, never);
  await clock.advance(seconds(29));
  assert.equal(server.asked.length, 1);
  assert.match(lines.at(-1) ?? "", /retrying in 30s$/);
  await clock.advance(seconds(1));
  assert.equal(await joined, true);
});
