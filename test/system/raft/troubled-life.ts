// Lives of a lone server on a disk that fails, one after the other in one process: each has a directory of its own, writes,
// takes a snapshot, and meets its trouble on the way. Says of each, as a line of JSON, what became of it.
import { join } from "node:path";
import { DiskTrouble, type Trouble } from "../support/disk-trouble.ts";
import { openLoneServer } from "./lone-server.ts";

/** What a life is to meet. */
export interface LifePlan {
  readonly name: string;
  readonly trouble: Trouble;
}

/** What became of it. */
export interface LifeReport {
  readonly name: string;
  /** Calls that the trouble could have met, and did. */
  readonly seen: number;
  readonly done: number;
  /** What was confirmed, in order. */
  readonly acknowledged: readonly string[];
  /** Why writes were refused while the server went on. */
  readonly refused: readonly string[];
  /** Why the server stopped, if it did. */
  readonly fatal: string | undefined;
  /** Whether it confirmed anything after it had stopped. */
  readonly acknowledgedAfterFatal: number;
  readonly warnings: readonly string[];
  /** Why the server could not be closed in order. */
  readonly closing: string | undefined;
}

const BEFORE = 5;
const WRITES = 40;
const SNAPSHOT_AT = [10, 25];
/** Until so often a write is tried again: far longer than a server may take, for the machine may be busy. */
const MOST_TRIES = 600;

const [root, control, plans] = process.argv.slice(2) as [string, string, string];
const trouble = new DiskTrouble(control);
for (const plan of JSON.parse(plans) as LifePlan[]) process.stdout.write(`${JSON.stringify(await live(plan))}\n`);
process.exit(0);

async function live({ name, trouble: what }: LifePlan): Promise<LifeReport> {
  const acknowledged: string[] = [];
  const refused = new Set<string>();
  let fatal: string | undefined;
  let acknowledgedAfterFatal = 0;
  const { host, log } = await openLoneServer(join(root, name), {
    onFatal: (error) => {
      fatal = error.message;
    },
  });
  const write = async (line: string) => {
    for (let tries = 0; fatal === undefined && tries < MOST_TRIES; tries++) {
      try {
        await host.propose(Buffer.from(line));
        acknowledged.push(line);
        if (fatal !== undefined) acknowledgedAfterFatal++;
        return;
      } catch (error) {
        refused.add((error as Error).message);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  };
  for (let number = 0; number < BEFORE; number++) await write(`before/${number}`);
  trouble.arm(what);
  for (let number = 0; number < WRITES; number++) {
    await write(`during/${number}`);
    if (SNAPSHOT_AT.includes(number)) await host.takeSnapshot();
  }
  let closing: string | undefined;
  await host.close().catch((error: Error) => {
    closing = error.message;
  });
  const { seen, done } = trouble.counted;
  trouble.disarm();
  const warnings = log.filter((line) => /\[(WARN|ERR)\]/.test(line));
  return { name, seen, done, acknowledged, refused: [...refused], fatal, acknowledgedAfterFatal, warnings, closing };
}
