import { DatabaseFailure, type Databases } from "../../../src/runtime/index.ts";
import { SqliteDatabases } from "../../../src/runtime/node/index.ts";
import type { DatabaseKeeper } from "../../../src/runtime/node/sqlite-databases.ts";
import { SqliteKeeper } from "../../../src/runtime/node/sqlite-keeper.ts";
import type { SqliteRequest } from "../../../src/runtime/node/sqlite-messages.ts";

/** Databases that are kept in this thread: for tests that open thousands, since a thread costs ten times what opening does. */
export function databasesWithoutThreads(): Databases {
  return new SqliteDatabases((path) => new KeeperAtHand(path));
}

class KeeperAtHand implements DatabaseKeeper {
  readonly #keeper = new SqliteKeeper();
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async ask(request: SqliteRequest): Promise<unknown> {
    const answer = this.#keeper.answer(request);
    if (!answer.ok) throw new DatabaseFailure(answer.reason, this.#path, answer.message);
    return answer.result;
  }

  async close(): Promise<void> {
    await this.ask({ kind: "close" });
  }
}
