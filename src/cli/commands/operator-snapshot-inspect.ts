import { resolve } from "node:path";
import { readArchive, type SnapshotMeta, UnreadableArchive } from "../../api/index.ts";
import { booleanFlag } from "../../base/index.ts";
import { inspectSnapshot, type TableSize, UnreadableSnapshot } from "../../state/index.ts";
import { clientCommand, described } from "../command.ts";
import { byteSize } from "../format/quantities.ts";
import { columns } from "../format/table.ts";

/** What this machine may be made to read. */
const maxStateBytes = 8 * 1024 * 1024 * 1024;

/** What 1.x calls the rows of a table. */
const typeNames: Readonly<Record<TableSize["table"], string>> = {
  nodes: "Node",
  jobs: "Job",
  jobSummaries: "JobSummary",
  periodicLaunches: "PeriodicLaunch",
  evaluations: "Eval",
  allocations: "Alloc",
  schedulerConfigurations: "SchedulerConfig",
};

/** `nomad operator snapshot inspect` */
export const command = clientCommand({
  usage: "[options] <file>",
  about: `Shows what is in a file that "nomad operator snapshot save" wrote, and that it
is whole. Asks no agent.`,
  optionsTitle: "Snapshot Inspect Options",
  completes: "files",
  flags: { json: described(booleanFlag(), "Print the data as JSON.") },
  run: async ({ environment, flags, args, say, fail, misused }) => {
    const [name] = args;
    if (name === undefined || args.length !== 1) return misused();
    try {
      const { meta, sizes } = await inspected(environment.readFile(resolve(environment.workingDirectory, name)));
      say(flags.json ? asJSON(meta, sizes) : asText(meta, sizes));
      return 0;
    } catch (error) {
      if (error instanceof UnreadableArchive || error instanceof UnreadableSnapshot)
        return fail(`Error verifying snapshot: ${error.message}`);
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === undefined) throw error;
      return fail(`Error opening snapshot file: ${message}`);
    }
  },
});

async function inspected(file: AsyncIterable<Uint8Array>) {
  const archive = readArchive(file, { maxStateBytes });
  let meta: SnapshotMeta | undefined;
  const state = async function* (): AsyncGenerator<Uint8Array, void> {
    meta = yield* archive;
  };
  const sizes = await inspectSnapshot(state());
  return { meta: meta!, sizes };
}

function asText({ ID, Size, Index, Term, Version }: SnapshotMeta, sizes: readonly TableSize[]): string {
  const head = columns([
    ["ID", ID],
    ["Size", String(Size)],
    ["Index", String(Index)],
    ["Term", String(Term)],
    ["Version", String(Version)],
  ]);
  const total = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
  const rows = sizes.map(({ table, rows: count, bytes }) => [typeNames[table], String(count), byteSize(bytes)]);
  const table = columns([["Type", "Count", "Size"], ...rows, ["Total", "", byteSize(total)]], { blanks: true });
  return `${head}\n\n${table}`;
}

function asJSON(meta: SnapshotMeta, sizes: readonly TableSize[]): string {
  const types = sizes.map(({ table, rows, bytes }) => ({ Type: typeNames[table], Count: rows, Size: bytes }));
  return JSON.stringify({ Meta: meta, Types: types }, undefined, 4);
}
