import { booleanFlag, type Flags, formatGoDuration, nanoseconds } from "../../base/index.ts";
import type { Allocation, AllocationUsage, Resources, TaskState, TaskUsage } from "../../model/index.ts";
import { agentHolding } from "../allocation-node.ts";
import { clientCommand, described, jsonFlag, type Session, templateFlag, verboseFlag } from "../command.ts";
import { answered, CommandFailed, isRefusal } from "../command-failed.ts";
import { allocationShape, allocationStubShape } from "../format/api-shapes.ts";
import { formatChoice } from "../format/format-choice.ts";
import { goQuote } from "../format/go-quote.ts";
import { heading } from "../format/palette.ts";
import { placementMetrics } from "../format/placement-metrics.ts";
import { byteSize, mebibytes, shortID } from "../format/quantities.ts";
import { list, pointer } from "../format/shape.ts";
import { columns, keyValues } from "../format/table.ts";
import { eventDescription } from "../format/task-event.ts";
import { timestamp, type ZoneAt } from "../format/times.ts";
import { usageTables } from "../format/usage-tables.ts";
import { matchAllocation } from "../matching.ts";
import { showData } from "../show-data.ts";

/** `nomad alloc-status` */
export const command = clientCommand({
  usage: "[options] <allocation>",
  about: "Shows an allocation: how it is, what its tasks use, and what happened to them.",
  optionsTitle: "Alloc Status Options",
  completes: "allocations",
  flags: {
    short: described(booleanFlag(), "Of each task, show only the latest event."),
    stats: described(booleanFlag(), "Show in detail what the tasks use."),
    verbose: verboseFlag,
    json: jsonFlag,
    t: templateFlag,
  },
  run: async (session) => {
    const { nomad, environment, flags, args, palette, say, fail, misused } = session;
    const [id] = args;
    if (args.length > 1) return misused();
    const choice = formatChoice({ json: flags.json, template: flags.t });
    if (!choice.ok) return fail("Both -json and -t are not allowed");
    if (id === undefined) {
      if (choice.format === undefined) return misused();
      const { value } = await answered("Error querying allocations", nomad.allocations.list());
      if ((value ?? []).length === 0) return 0;
      return showData(session, value, list(pointer(allocationStubShape)), choice.format);
    }
    const stub = await matchAllocation(session, id, flags);
    if (stub === undefined) return 0;
    const { value: allocation } = await answered("Error querying allocation", nomad.allocations.get(stub.ID));
    if (choice.format !== undefined) return showData(session, allocation, pointer(allocationShape), choice.format);

    say(overview(allocation, flags));
    if (flags.short) {
      say(`\n${heading(palette, "Tasks")}\n${latestEvents(allocation, environment.zoneAt)}`);
    } else {
      await showTasks(session, allocation);
    }
    if (flags.verbose && allocation.Metrics !== null) {
      say(`\n${heading(palette, "Placement Metrics")}`);
      say(placementMetrics(allocation.Metrics, { indent: "  ", scores: true }));
    }
    return 0;
  },
});

function overview(allocation: Allocation, { verbose }: { readonly verbose: boolean }): string {
  const id = (whole: string): string => shortID(whole, { whole: verbose });
  const { Metrics: metrics } = allocation;
  const preempted = allocation.PreemptedAllocations ?? [];
  const placement: [string, string][] =
    metrics === null
      ? []
      : [
          ["Evaluated Nodes", String(metrics.NodesEvaluated)],
          ["Filtered Nodes", String(metrics.NodesFiltered)],
          ["Exhausted Nodes", String(metrics.NodesExhausted)],
          ["Allocation Time", formatGoDuration(nanoseconds(metrics.AllocationTime))],
          ["Failures", String(metrics.CoalescedFailures)],
        ];
  return keyValues([
    ["ID", id(allocation.ID)],
    ["Eval ID", id(allocation.EvalID)],
    ["Name", allocation.Name],
    ["Node ID", id(allocation.NodeID)],
    ["Job ID", allocation.JobID],
    ["Client Status", allocation.ClientStatus],
    ...(allocation.PreemptedByAllocation ? [["Preempted By", id(allocation.PreemptedByAllocation)] as const] : []),
    ...(preempted.length > 0 ? [["Preempted", preempted.map(id).join(", ")] as const] : []),
    ...(verbose ? placement : []),
  ]);
}

function tasksOf(allocation: Allocation): readonly (readonly [string, TaskState])[] {
  const states = allocation.TaskStates ?? {};
  return Object.keys(states)
    .sort()
    .map((name) => [name, states[name]!] as const);
}

function latestEvents(allocation: Allocation, zoneAt: ZoneAt): string {
  const rows = tasksOf(allocation).map(([name, { State, Events }]) => {
    const last = (Events ?? []).at(-1);
    return [name, State, last?.Type ?? "", last === undefined ? "" : timestamp(last.Time, zoneAt)];
  });
  return columns([["Name", "State", "Last Event", "Time"], ...rows]);
}

async function showTasks(
  session: Asking & { readonly flags: { readonly stats: boolean } },
  allocation: Allocation,
): Promise<void> {
  const { say, palette, environment, flags } = session;
  const usage = await usageOf(session, allocation);
  for (const [name, state] of tasksOf(allocation)) {
    const used = usage?.Tasks?.[name];
    say(`\n${heading(palette, `Task ${goQuote(name)} is ${goQuote(state.State)}`)}`);
    const resources = allocation.TaskResources?.[name];
    if (resources !== undefined) say(`Task Resources\n${resourcesTable(resources, used)}`);
    if (flags.stats && used !== undefined) for (const table of usageTables(used.ResourceUsage)) say(`\n${table}`);
    say(`\nRecent Events:\n${eventsTable(state, environment.zoneAt)}`);
  }
}

type Asking = Pick<Session<Flags>, "nomad" | "at" | "say" | "fail" | "palette" | "environment">;

/** Undefined when the client does not tell: that it has ended, or why it could not be asked, is no reason to stop. */
async function usageOf(session: Asking, allocation: Allocation): Promise<AllocationUsage | undefined> {
  if (["complete", "failed", "lost"].includes(allocation.ClientStatus)) return undefined;
  try {
    const holder = await agentHolding(session, allocation);
    return (await holder.client.allocationStats(allocation.ID)).value;
  } catch (error) {
    if (!isRefusal(error) && !(error instanceof CommandFailed)) throw error;
    session.say("");
    session.fail(`couldn't retrieve stats (HINT: ensure Client.Advertise.HTTP is set): ${error.message}`);
    return undefined;
  }
}

/** What the task was granted; where it is known, what it uses of that stands before it. */
function resourcesTable(granted: Resources, used: TaskUsage | undefined): string {
  const cpu = used === undefined ? "" : `${Math.floor(used.ResourceUsage.CpuStats.TotalTicks)}/`;
  const memory = used === undefined ? "" : `${byteSize(used.ResourceUsage.MemoryStats.RSS)}/`;
  const [firstAddress = "", ...addresses] = addressesOf(granted);
  return columns(
    [
      ["CPU", "Memory", "Disk", "IOPS", "Addresses"],
      [
        `${cpu}${granted.CPU} MHz`,
        `${memory}${mebibytes(granted.MemoryMB)}`,
        mebibytes(granted.DiskMB),
        String(granted.IOPS),
        firstAddress,
      ],
      ...addresses.map((address) => ["", "", "", "", address]),
    ],
    { blanks: true },
  );
}

function addressesOf({ Networks }: Resources): readonly string[] {
  return (Networks ?? []).flatMap(({ IP, DynamicPorts, ReservedPorts }) =>
    [...(DynamicPorts ?? []), ...(ReservedPorts ?? [])].map(({ Label, Value }) => `${Label}: ${IP}:${Value}`),
  );
}

function eventsTable({ Events }: TaskState, zoneAt: ZoneAt): string {
  const rows = (Events ?? [])
    .toReversed()
    .map((event) => [timestamp(event.Time, zoneAt), event.Type, eventDescription(event)]);
  return columns([["Time", "Type", "Description"], ...rows]);
}
