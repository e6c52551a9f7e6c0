import { parentPort } from "node:worker_threads";
import { SqliteKeeper } from "./sqlite-keeper.ts";
import type { SqliteAnswer, SqliteRequest } from "./sqlite-messages.ts";

// The program of a thread that keeps one database, so that no sync holds up anything else. It answers one request
// after the other.

const keeper = new SqliteKeeper();

parentPort?.on("message", (request: SqliteRequest) => {
  const answer = keeper.answer(request);
  parentPort?.postMessage(answer, memoryOf(answer));
  if (request.kind === "close") parentPort?.close();
});

/** What is handed over with an answer instead of being copied. */
function memoryOf(answer: SqliteAnswer): ArrayBuffer[] {
  return answer.ok && answer.result instanceof Uint8Array ? [answer.result.buffer as ArrayBuffer] : [];
}
