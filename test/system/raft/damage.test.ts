import assert from "node:assert/strict";
import { cp, readdir, rm, truncate } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { SeededRandom } from "../../../src/base/index.ts";
import { scaled } from "../support/scale.ts";
import {
  databasesFor,
  ENTRIES,
  type LeftFile,
  Looks,
  leftByAKilledServer,
  leftByAStoppedServer,
  onLanes,
  temporaryDirectory,
} from "./left-behind.ts";
import { openLoneServer } from "./lone-server.ts";

const PAGE = 4096;
/** Of the database: what tables there are, whether it is open, and who this server is with its vote. */
const FIRST_PAGES = 3;
/** Of the write-ahead log, as SQLite has it: header, then frames of a header and a page each. */
const WAL_HEADER = 32;
const FRAME = 24 + PAGE;
/** In the note of what was confirmed: how many frames. */
const FRAMES_AT = 12;

/** Where the frames end that were written since the log was begun anew: those after it bear other salts. */
function endOfThisLife(wal: Buffer): number {
  let end = WAL_HEADER;
  while (end + FRAME <= wal.length && wal.compare(wal, 16, 24, end + 8, end + 16) === 0) end += FRAME;
  return end;
}

/** A file whose header names another program or format may be just that; all else is damage, with a way out. */
function assertTold(message: string, what: string): void {
  const isOfOthers = /"[^"]*raft\.db" (is a database of another program|has format \d+)/.test(message);
  if (!isOfOthers) assert.match(message, /raft\.db.*Nothing was changed.*move ".*" elsewhere and start again/, what);
}

async function looking(run: (looks: Looks) => Promise<void>): Promise<void> {
  const looks = await Looks.begin();
  try {
    await run(looks);
  } finally {
    await looks.end();
  }
}

test(
  "R17, T47: a flipped bit or a zeroed page anywhere is either harmless or refused with the file's name, never a shorter or other log",
  {
    timeout: 7_200_000,
  },
  (context) =>
    looking(async (looks) => {
      const left = await leftByAKilledServer();
      const names = [...left.keys()];
      const outcomes = { harmless: 0, refused: 0 };
      const count = scaled({ merge: 100, release: 10_000 });
      await onLanes(count, async (number, lane) => {
        const random = new SeededRandom(`damage ${number}`);
        const name = number % 40 === 0 ? "raft.db-confirmed" : names[random.below(2)]!;
        const bytes = Buffer.from(left.get(name)!);
        const at = random.below(bytes.length);
        const bit = random.below(8);
        const isPage = number % 8 === 7;
        const page = at - (at % PAGE);
        if (isPage) bytes.fill(0, page, Math.min(page + PAGE, bytes.length));
        else bytes[at]! ^= 1 << bit;
        const what = isPage ? `a zeroed page at ${page} of ${name}` : `bit ${bit} of byte ${at} of ${name}`;
        const outcome = await looks.at(new Map([...left, [name, bytes]]), lane);
        if (outcome.kind === "refused") {
          assertTold(outcome.message, what);
          outcomes.refused++;
        } else {
          assert.deepEqual([outcome.intact, outcome.entries], [ENTRIES, ENTRIES], what);
          outcomes.harmless++;
        }
      });
      assert.equal(outcomes.refused > count / 10 && outcomes.harmless > 0, true, JSON.stringify(outcomes));
      context.diagnostic(`${count} damages: ${outcomes.refused} refused, ${outcomes.harmless} harmless, 0 silent`);
    }),
);

test(
  "R17, T47: a flipped bit in the pages on which all others hang is harmless or refused, when there is no write-ahead log beside them",
  {
    timeout: 3_600_000,
  },
  (context) =>
    looking(async (looks) => {
      const left = await leftByAStoppedServer();
      const main = left.get("raft.db")!;
      const bits = bitsOfWhatIsThere(main.subarray(0, FIRST_PAGES * PAGE));
      const step = scaled({ merge: 97, release: 1 });
      const outcomes = { harmless: 0, refused: 0 };
      await onLanes(Math.ceil(bits.length / step), async (number, lane) => {
        const { at, bit } = bits[number * step]!;
        const what = `bit ${bit} of byte ${at}`;
        const bytes = Buffer.from(main);
        bytes[at]! ^= 1 << bit;
        const outcome = await looks.at(new Map([...left, ["raft.db" as LeftFile, bytes]]), lane);
        if (outcome.kind === "refused") assertTold(outcome.message, what);
        else assert.deepEqual([outcome.intact, outcome.entries], [ENTRIES, ENTRIES], what);
        outcomes[outcome.kind === "refused" ? "refused" : "harmless"]++;
      });
      context.diagnostic(`${Math.ceil(bits.length / step)} of ${bits.length} bits: ${JSON.stringify(outcomes)}`);
    }),
);

/** All bits of the bytes that are not zero: of a page that is hardly used, what means something. */
function bitsOfWhatIsThere(bytes: Buffer): readonly { readonly at: number; readonly bit: number }[] {
  return [...bytes].flatMap((byte, at) => (byte === 0 ? [] : [0, 1, 2, 3, 4, 5, 6, 7].map((bit) => ({ at, bit }))));
}

test(
  "R16, T46: a log cut at any byte of its last three writes, which nobody was told of, opens with all that was confirmed",
  {
    timeout: 7_200_000,
  },
  (context) =>
    looking(async (looks) => {
      const unconfirmed = 3;
      const left = await leftByAKilledServer({ unconfirmed });
      const wal = left.get("raft.db-wal")!;
      const end = endOfThisLife(wal);
      const begin = WAL_HEADER + left.get("raft.db-confirmed")!.readUInt32BE(FRAMES_AT) * FRAME;
      assert.equal(end - begin >= unconfirmed * FRAME, true);
      const step = scaled({ merge: 997, release: 1 });
      const offsets = Array.from({ length: Math.ceil((end - begin) / step) }, (_, at) => begin + at * step);
      const found = new Set<number>();
      await onLanes(offsets.length, async (number, lane) => {
        const cut = wal.subarray(0, offsets[number]!);
        const outcome = await looks.at(new Map([...left, ["raft.db-wal" as LeftFile, Buffer.from(cut)]]), lane);
        assert.equal(outcome.kind, "loaded", `cut at ${offsets[number]}: ${JSON.stringify(outcome)}`);
        if (outcome.kind !== "loaded") return;
        assert.equal(outcome.intact >= ENTRIES - unconfirmed && outcome.intact === outcome.entries, true);
        found.add(outcome.entries);
      });
      assert.equal(found.has(ENTRIES - unconfirmed) && found.size === unconfirmed, true, [...found].join());
      context.diagnostic(`${offsets.length} cuts, 0 confirmed entries lost`);
    }),
);

test("T47: a log that has lost the end that was confirmed is refused, wherever it is cut", { timeout: 600_000 }, () =>
  looking(async (looks) => {
    const left = await leftByAKilledServer();
    const wal = left.get("raft.db-wal")!;
    const end = endOfThisLife(wal);
    for (const size of [0, 31, 32, 33, end - 9 * FRAME, end - FRAME, end - 100, end - 1]) {
      const cut = Buffer.from(wal.subarray(0, size));
      const outcome = await looks.at(new Map([...left, ["raft.db-wal" as LeftFile, cut]]), 0);
      assert.equal(outcome.kind, "refused", `cut at ${size}`);
    }
  }),
);

test("T47: a database that is cut in half is refused", () =>
  looking(async (looks) => {
    const left = await leftByAKilledServer();
    const main = left.get("raft.db")!;
    const half = Buffer.from(main.subarray(0, main.length / 2));
    assert.equal((await looks.at(new Map([...left, ["raft.db" as LeftFile, half]]), 0)).kind, "refused");
  }));

test("R19, T47: whichever files are emptied or removed, a server has all it had, or refuses and names one of them", {
  timeout: 1_200_000,
}, async (context) => {
  const parent = await temporaryDirectory();
  try {
    const { files, lines } = await keptByALivingServer(join(parent, "kept"));
    const fates = ["left", "emptied", "removed"] as const;
    const counts = { whole: 0, refused: 0, new: 0 };
    const combinations = fates.length ** files.length;
    const every = scaled({ merge: 41, release: 1 });
    const tried = Math.ceil(combinations / every);
    await onLanes(tried + 1, async (number, lane) => {
      // The last is that all is gone.
      const combination = number < tried ? number * every : combinations - 1;
      const fate = files.map((_, at) => fates[Math.floor(combination / fates.length ** at) % fates.length]!);
      const directory = join(parent, `lane-${lane}`);
      await rm(directory, { recursive: true, force: true });
      await cp(join(parent, "kept"), directory, { recursive: true });
      for (const [at, file] of files.entries()) {
        if (fate[at] === "emptied") await truncate(join(directory, file));
        if (fate[at] === "removed") await rm(join(directory, file));
      }
      const what = files.map((file, at) => `${file} ${fate[at]}`).join(", ");
      const found = await openLoneServer(directory, { databases: databasesFor(number) }).catch((error: Error) => error);
      if (found instanceof Error) {
        assert.match(found.message, /Cannot start with what is on disk: "[^"]+".*Nothing was changed/, what);
        counts.refused++;
        return;
      }
      await found.host.close();
      const isAllGone = fate.every((each) => each === "removed");
      assert.deepEqual(found.state.lines, isAllGone ? [] : lines, what);
      if (isAllGone) counts.new++;
      else counts.whole++;
    });
    const { whole, refused } = counts;
    assert.equal(whole > 0 && refused > whole && counts.new > 0, true, JSON.stringify(counts));
    context.diagnostic(`${tried + 1} of ${combinations} combinations: ${JSON.stringify(counts)}`);
  } finally {
    await rm(parent, { recursive: true, force: true });
  }
});

/** What a server keeps whose log goes on after a snapshot, copied while it runs, and what it had acknowledged. */
async function keptByALivingServer(copy: string): Promise<{ files: readonly string[]; lines: readonly string[] }> {
  const living = `${copy}.living`;
  const { host, state } = await openLoneServer(living);
  for (let number = 0; number < 130; number++) await host.propose(Buffer.from(`line ${number}`));
  await host.close();
  const again = await openLoneServer(living);
  await again.host.propose(Buffer.from("the last line"));
  await cp(living, copy, { recursive: true });
  const lines = [...again.state.lines];
  await again.host.close();
  assert.equal(lines.length, state.lines.length + 1);
  const names = await readdir(copy, { recursive: true, withFileTypes: true });
  const files = names
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(copy.length + 1));
  return { files: files.toSorted(), lines };
}
