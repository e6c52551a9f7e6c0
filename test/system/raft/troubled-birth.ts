// Begins of lone servers, one after the other in one process, each in a new directory in which one write finds no room,
// until there are not so many. Says of each, as a line of JSON, why it was refused, if it was, and what the next begin finds there.
import { join } from "node:path";
import { DiskTrouble } from "../support/disk-trouble.ts";
import { openLoneServer } from "./lone-server.ts";

/** What became of a directory in which the nth write found no room. */
export interface BirthReport {
  readonly nth: number;
  /** 1 if there was an nth write. */
  readonly done: number;
  readonly refused: string | undefined;
  readonly refusedAgain: string | undefined;
}

const [root, control, step] = process.argv.slice(2) as [string, string, string];
const trouble = new DiskTrouble(control);
for (let nth = 1, met = true; met; nth += Number(step)) {
  const report = await begin(nth);
  process.stdout.write(`${JSON.stringify(report)}\n`);
  met = report.done > 0;
}
process.exit(0);

async function begin(nth: number): Promise<BirthReport> {
  const directory = join(root, `birth-${nth}`);
  trouble.arm({ calls: ["write"], path: "raft.db.new", nth, times: 1, action: { fail: "ENOSPC" } });
  const refused = await opened(directory);
  const { done } = trouble.counted;
  trouble.disarm();
  return { nth, done, refused, refusedAgain: await opened(directory) };
}

async function opened(directory: string): Promise<string | undefined> {
  try {
    await (await openLoneServer(directory)).host.close();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
