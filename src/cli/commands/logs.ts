import { booleanFlag } from "../../base/index.ts";
import type { Allocation } from "../../model/index.ts";
import { agentHolding, someAllocationOf } from "../allocation-node.ts";
import { clientCommand, described, verboseFlag } from "../command.ts";
import { answered } from "../command-failed.ts";
import { bytesOf, copyOut, partFlags, partOf } from "../follow.ts";
import { goQuote } from "../format/go-quote.ts";
import { shortID } from "../format/quantities.ts";
import { matchAllocation } from "../matching.ts";

/** `nomad logs` */
export const command = clientCommand({
  usage: "[options] <alloc-id> <task>",
  about: `Prints what a task has written to its standard output, or to its standard
error. The task may be left out where there is only one.`,
  optionsTitle: "Logs Specific Options",
  completes: "allocations",
  flags: {
    stderr: described(booleanFlag(), "Print the standard error."),
    verbose: verboseFlag,
    job: described(
      booleanFlag(),
      "The first argument is a job: take one of its allocations, a running one if there is.",
    ),
    ...partFlags,
  },
  run: async (session) => {
    const { nomad, environment, flags, args, fail, misused } = session;
    const [id, namedTask] = args;
    if (id === undefined) return misused(`${flags.job ? "Job" : "Allocation"} ID required. See help:`);
    if (args.length > 2) return misused();
    if (flags.n !== -1 && flags.c !== -1) return fail("Both -n and -c set");
    if (flags.n < -1 || flags.c < -1) return fail("Invalid size is specified");

    const wanted = flags.job ? await someAllocationOf({ nomad, random: environment.random }, id) : id;
    const tooShort = "Alloc ID must contain at least two characters.";
    const stub = await matchAllocation(session, wanted, { verbose: flags.verbose, tooShort });
    if (stub === undefined) return 0;
    const { value: allocation } = await answered("Error querying allocation", nomad.allocations.get(stub.ID));
    const tasks = taskNames(allocation);
    const task = namedTask ?? (tasks.length === 1 ? tasks[0]! : undefined);
    if (task === undefined) {
      const known = tasks.map((name) => `  * ${name}`).join("\n");
      const shown = goQuote(shortID(allocation.ID, { whole: flags.verbose }));
      return fail(`Allocation ${shown} is running the following tasks:\n${known}\n\nPlease specify the task.`);
    }
    if (task === "") return fail("Task name required");

    const holder = await agentHolding(session, allocation);
    const { origin, offset, lines } = partOf(flags);
    const type = flags.stderr ? "stderr" : "stdout";
    await copyOut(
      environment,
      { origin, offset, lines },
      {
        failure: "Error reading file",
        follow: flags.f,
        open: async (signal) => {
          const asked = { task, type, follow: flags.f, origin, offset, signal } as const;
          return bytesOf(await holder.client.streamLogs(allocation.ID, asked));
        },
      },
    );
    return 0;
  },
});

/** The tasks of the group that the allocation is one of. */
function taskNames({ Job, TaskGroup }: Allocation): readonly string[] {
  const group = Job?.TaskGroups.find(({ Name }) => Name === TaskGroup);
  return (group?.Tasks ?? []).map(({ Name }) => Name);
}
