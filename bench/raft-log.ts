/**
 * How fast a server reads its log at the start: a durable log of many entries is written, then opened as a server opens
 * it, with every checksum looked at, and applied to an empty state.
 *
 *     npm run bench -- raft-log [entries]
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { evaluation } from "../src/model/index.ts";
import { openRaftStorage } from "../src/raft/index.ts";
import { nodeRuntime } from "../src/runtime/node/index.ts";
import { encodeCommand, evaluationsUpdate, State } from "../src/state/index.ts";

const [entries = 1_000_000] = process.argv.slice(2).map(Number);
const perWrite = 10_000;

const parent = fileURLToPath(new URL("../.bench/", import.meta.url));
await mkdir(parent, { recursive: true });
const directory = await mkdtemp(join(parent, "raft-log-"));
const runtime = nodeRuntime({ logLevel: "WARN", writeLog: (text) => process.stderr.write(text) });

try {
  await write();
  const { store } = await openRaftStorage(runtime, directory);
  const began = performance.now();
  const loaded = (await store.load()).entries;
  report("read", loaded.length, performance.now() - began);
  const state = new State();
  const applying = performance.now();
  for (const entry of loaded) if (entry.kind === "command") state.apply(entry);
  report("applied", loaded.length, performance.now() - applying);
  await store.close();
} finally {
  await rm(directory, { recursive: true, force: true });
}

/** Every entry is an evaluation that changes, of one of ten thousand. */
async function write(): Promise<void> {
  const { store } = await openRaftStorage(runtime, directory);
  await store.load();
  for (let first = 1; first <= entries; first += perWrite) {
    const batch = Array.from({ length: Math.min(perWrite, entries - first + 1) }, (_, at) => {
      const Evals = [evaluation.parse({ ID: `evaluation-${(first + at) % 10_000}`, JobID: "web", Status: "complete" })];
      const data = encodeCommand(evaluationsUpdate, { Evals }, { at: runtime.clock.now() });
      return { kind: "command", index: first + at, term: 1, data } as const;
    });
    await store.write([{ number: 1, entries: batch }]);
  }
  await store.close();
}

function report(what: string, count: number, milliseconds: number): void {
  const perSecond = ((count / milliseconds) * 1000).toFixed(0);
  console.log(`${what} ${count} entries in ${(milliseconds / 1000).toFixed(2)} s: ${perSecond} per second`);
}
