import type { FileInfo } from "../../api/index.ts";
import { booleanFlag } from "../../base/index.ts";
import { agentHolding, someAllocationOf } from "../allocation-node.ts";
import { clientCommand, described, verboseFlag } from "../command.ts";
import { answered, CommandFailed, isRefusal } from "../command-failed.ts";
import { bytesOf, copyOut, partFlags, partOf } from "../follow.ts";
import { byteSize } from "../format/quantities.ts";
import { columns } from "../format/table.ts";
import { nanosecondsOf, timestamp, type ZoneAt } from "../format/times.ts";
import { matchAllocation } from "../matching.ts";

/** `nomad fs` */
export const command = clientCommand({
  usage: "[options] <alloc-id> <path>",
  about: `Lists a directory of an allocation, or prints a file. The path begins at the
allocation's own directory, which is what is listed without a path.`,
  optionsTitle: "FS Specific Options",
  completes: "allocations",
  flags: {
    H: described(booleanFlag(), "Print sizes as plain numbers of bytes."),
    verbose: verboseFlag,
    job: described(
      booleanFlag(),
      "The first argument is a job: take one of its allocations, a running one if there is.",
    ),
    stat: described(booleanFlag(), "Tell of the file or directory itself, instead of printing or listing it."),
    ...partFlags,
  },
  run: async (session) => {
    const { nomad, environment, flags, args, say, fail, misused } = session;
    const [id, path = "/"] = args;
    if (id === undefined) return fail(flags.job ? "job ID is required" : "allocation ID is required");
    if (args.length > 2) return misused();
    if (flags.n !== -1 && flags.c !== -1) return fail("Both -n and -c are not allowed");
    if (flags.n < -1 || flags.c < -1) return fail("Invalid size is specified");

    const wanted = flags.job ? await someAllocationOf({ nomad, random: environment.random }, id) : id;
    const tooShort = "Alloc ID must contain at least two characters.";
    const allocation = await matchAllocation(session, wanted, { verbose: flags.verbose, tooShort });
    if (allocation === undefined) return 0;
    const holder = await agentHolding(session, allocation);
    const { value: file } = await plain(holder.client.statFile(allocation.ID, path));
    if (flags.stat) {
      say(fileTable([file], { bytes: flags.H, zoneAt: environment.zoneAt }));
      return 0;
    }
    if (file.IsDir) {
      const { value } = await answered("Error listing alloc dir", holder.client.listDirectory(allocation.ID, path));
      say(fileTable(value ?? [], { bytes: flags.H, zoneAt: environment.zoneAt }));
      return 0;
    }

    const part = partOf(flags);
    // Nothing lies before the start: more than there is means all there is.
    const offset = part.origin === "end" ? Math.min(part.offset, file.Size) : 0;
    const { origin } = part;
    await copyOut(environment, part, {
      failure: flags.f ? "Error tailing file" : "Error reading file",
      follow: flags.f,
      open: async (signal) => {
        if (flags.f) return bytesOf(await holder.client.streamFile(allocation.ID, { path, origin, offset, signal }));
        if (!flags.tail) return holder.client.readFile(allocation.ID, path);
        return holder.client.readFileAt(allocation.ID, { path, offset: file.Size - offset });
      },
    });
    return 0;
  },
});

/** What the agent answers; a refusal is told without anything before it. */
async function plain<Answer>(asking: Promise<Answer>): Promise<Answer> {
  try {
    return await asking;
  } catch (error) {
    throw isRefusal(error) ? new CommandFailed(error.message, { cause: error }) : error;
  }
}

function fileTable(
  files: readonly FileInfo[],
  { bytes, zoneAt }: { readonly bytes: boolean; readonly zoneAt: ZoneAt },
): string {
  return columns([
    ["Mode", "Size", "Modified Time", "Name"],
    ...files.map(({ FileMode, Size, ModTime, Name, IsDir }) => [
      FileMode,
      bytes ? String(Size) : byteSize(Size),
      timestamp(nanosecondsOf(ModTime) ?? 0, zoneAt),
      IsDir ? `${Name}/` : Name,
    ]),
  ]);
}
