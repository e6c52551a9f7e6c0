import { RpcError } from "../../api/index.ts";
import {
  firstByte,
  NoAnswer,
  RemoteError,
  type RpcPool,
  type SnapshotOptions,
  type Snapshots,
  snapshotsOf,
} from "../../rpc/index.ts";
import type { Clock } from "../../runtime/index.ts";
import type { ServerList } from "./server-list.ts";

/** Snapshots by the first of the known servers that can be reached: it knows who is to answer. */
export function remoteSnapshots(
  clock: Clock,
  pool: Pick<RpcPool, "connect">,
  servers: Pick<ServerList, "addresses">,
  ownRegion: string,
): Snapshots {
  const asking = async <Result>(
    given: SnapshotOptions,
    ask: (snapshots: Snapshots, options: SnapshotOptions) => Promise<Result>,
  ): Promise<Result> => {
    const options = { ...given, region: given.region === "" ? ownRegion : given.region };
    let last: unknown = new RpcError("no known servers");
    for (const address of servers.addresses()) {
      const connect = (to: string, signal: AbortSignal) => pool.connect(to, firstByte.snapshot, signal);
      try {
        return await ask(snapshotsOf(clock, connect, address), options);
      } catch (error) {
        last = refusal(error);
        // A server that was reached may have begun, and what was to be restored is half read.
        if (!(error instanceof NoAnswer) || error.mayHaveRun) break;
      }
    }
    throw last;
  };
  return {
    save: (given, signal) => asking(given, (snapshots, options) => snapshots.save(options, signal)),
    restore: (state, given, signal) => asking(given, (snapshots, options) => snapshots.restore(state, options, signal)),
  };
}

function refusal(error: unknown): unknown {
  const isOurs = error instanceof RemoteError || error instanceof NoAnswer;
  return isOurs ? new RpcError(error.message, { cause: error }) : error;
}
