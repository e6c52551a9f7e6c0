import { milliseconds } from "../../../src/base/index.ts";
import { type Command, openRaftStorage, RaftHost, type SnapshotPolicy } from "../../../src/raft/index.ts";
import { noPeers } from "../../../src/raft/transport.ts";
import type { Databases } from "../../../src/runtime/index.ts";
import { nodeRuntime } from "../../../src/runtime/node/index.ts";

/** The state of a server in these tests: all that was ever proposed to it, in order. */
export class Lines {
  lines: string[] = [];

  apply({ data }: Command): number {
    return this.lines.push(Buffer.from(data).toString());
  }

  async *snapshot(): AsyncIterable<Uint8Array> {
    yield Buffer.from(this.lines.join("\n"));
  }

  replace(parts: AsyncIterable<Uint8Array>): Promise<void> {
    return this.restore(parts);
  }

  async restore(pieces: AsyncIterable<Uint8Array>): Promise<void> {
    const parts: Uint8Array[] = [];
    for await (const piece of pieces) parts.push(piece);
    const text = Buffer.concat(parts).toString();
    this.lines = text === "" ? [] : text.split("\n");
  }
}

/** Snapshots come often here, so that crashes find them half done. */
const policy: SnapshotPolicy = {
  afterEntries: 100,
  afterBytes: 1e9,
  leastDistance: milliseconds(0),
  trailingEntries: 20,
  trailingBytes: 1e9,
};

/** A server alone, with its log in `directory`, that leads and has applied all it had. */
export async function openLoneServer(
  directory: string,
  { onFatal = rethrown, databases }: { onFatal?: (error: Error) => void; databases?: Databases } = {},
): Promise<{ host: RaftHost; state: Lines; log: string[] }> {
  const log: string[] = [];
  const system = nodeRuntime({ logLevel: "INFO", writeLog: (line) => log.push(line) });
  const runtime = databases === undefined ? system : { ...system, databases };
  runtime.log.release();
  const { store, snapshots } = await openRaftStorage(runtime, directory);
  const state = new Lines();
  const id = "a";
  const host = await RaftHost.open(
    runtime,
    { store, transport: noPeers, stateMachine: state, snapshots: { store: snapshots, state, policy } },
    {
      id,
      address: "127.0.0.1:4647",
      bootstrap: [{ id, address: "127.0.0.1:4647", voter: true }],
      electImmediatelyWhenAlone: true,
      onFatal,
    },
  );
  await new Promise<void>((resolve) => {
    host.onRole(({ kind }) => kind === "leader" && resolve());
  });
  await host.barrier();
  return { host, state, log };
}

function rethrown(error: Error): never {
  throw error;
}
