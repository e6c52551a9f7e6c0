import type { localRoutes } from "../api/index.ts";
import { Refusal } from "../api/index.ts";
import { readArchive, UnreadableArchive } from "../wire/index.ts";
import { bodyPieces } from "./body.ts";
import type { Handler, HttpContext } from "./http-context.ts";
import { readOptions } from "./query-options.ts";

type SnapshotPath = Extract<keyof typeof localRoutes, "saveSnapshot" | "restoreSnapshot">;

/** More than the state in it may come to, packed. */
const longestArchive = 1024 * 1024 * 1024;
const maxStateBytes = 1024 * 1024 * 1024;

/** Copies of the state, out and in, as they come: nothing is held but the piece on its way. */
export function snapshotHandlers({ snapshots, clock }: HttpContext): Readonly<Record<SnapshotPath, Handler>> {
  return {
    saveSnapshot: async ({ query, signal }) => {
      const { region = "", allowStale = false } = readOptions(query);
      const saved = await snapshots.save({ region, stale: allowStale }, signal);
      const headers = {
        Digest: `sha-256=${saved.digest}`,
        "X-Nomad-Index": String(saved.index),
        "X-Nomad-Knownleader": String(saved.knownLeader),
        "X-Nomad-Lastcontact": String(Math.round(saved.lastContact / 1e6)),
      };
      return { kind: "pieces", pieces: saved.archive, type: "application/gzip", headers, isPacked: true };
    },
    restoreSnapshot: async ({ request, query, signal }) => {
      const { region = "" } = readOptions(query);
      const bytes = bodyPieces(request, { clock, maxBytes: longestArchive });
      try {
        await snapshots.restore(readArchive(bytes, { maxStateBytes }), { region, stale: false }, signal);
      } catch (error) {
        throw error instanceof UnreadableArchive ? new Refusal(400, error.message) : error;
      }
      return { kind: "nothing" };
    },
  };
}
