import type { HostStats, Nomad } from "../../api/index.ts";
import { booleanFlag, type Flags } from "../../base/index.ts";
import type { Allocation, Node, NodeListStub } from "../../model/index.ts";
import { clientCommand, described, jsonFlag, type Session, templateFlag, verboseFlag } from "../command.ts";
import { answered, isRefusal } from "../command-failed.ts";
import { nodeShape, nodeStubShape } from "../format/api-shapes.ts";
import { formatChoice } from "../format/format-choice.ts";
import { goQuote } from "../format/go-quote.ts";
import {
  actualUsage,
  allocatedResources,
  cpuBlocks,
  diskBlocks,
  hostUsage,
  memoryBlock,
  uptime,
} from "../format/node-resources.ts";
import { heading } from "../format/palette.ts";
import { shortID } from "../format/quantities.ts";
import { list, pointer } from "../format/shape.ts";
import { keyValues } from "../format/table.ts";
import { allocationTable, matchNode, nodeTable } from "../matching.ts";
import { ownNodeID } from "../own-node.ts";
import { showData } from "../show-data.ts";

/** `nomad node-status` */
export const command = clientCommand({
  usage: "[options] <node>",
  about: `Lists the nodes of the cluster, or shows one: its resources, what of them is
granted and what is really used, and its allocations. With -self the node of
the agent that is asked.`,
  optionsTitle: "Node Status Options",
  completes: "nodes",
  flags: {
    self: described(booleanFlag(), "Show the node of the agent that is asked."),
    stats: described(booleanFlag(), "Show in detail what the machine uses."),
    allocs: described(booleanFlag(), "In the list, count the running allocations of each node."),
    short: described(booleanFlag(), "Of a single node, leave the resources out."),
    verbose: verboseFlag,
    json: jsonFlag,
    t: templateFlag,
  },
  run: async (session) => {
    const { nomad, flags, args, say, fail, misused } = session;
    if (args.length > 1) return misused();
    const choice = formatChoice({ json: flags.json, template: flags.t });
    if (!choice.ok) return fail("Both -json and -t are not allowed");
    const id = flags.self ? await ownNodeID(nomad) : args[0];
    if (id === undefined && flags.self) return fail("Nomad not running in client mode");
    if (id === undefined) {
      const { value } = await answered("Error querying node status", nomad.nodes.list());
      const nodes = (value ?? []).toSorted((a, b) => b.CreateIndex - a.CreateIndex);
      if (nodes.length === 0) return 0;
      if (choice.format !== undefined) return showData(session, nodes, list(pointer(nodeStubShape)), choice.format);
      say(nodeTable(nodes, { ...flags, running: flags.allocs ? await runningCounts(nomad, nodes) : undefined }));
      return 0;
    }
    const failure = "Error querying node info";
    const stub = await matchNode(session, id, {
      failure,
      none: (prefix) => `No node(s) with prefix ${goQuote(prefix)} found`,
      several: (found) => say(`Prefix matched multiple nodes\n\n${nodeTable(found, flags)}`),
    });
    if (stub === undefined) return 0;
    const { value: node } = await answered(failure, nomad.nodes.get(stub.ID));
    if (choice.format !== undefined) return showData(session, node, pointer(nodeShape), choice.format);
    await showNode(session, node);
    return 0;
  },
});

async function runningCounts(nomad: Nomad, nodes: readonly NodeListStub[]): Promise<readonly number[]> {
  const counts: number[] = [];
  for (const { ID } of nodes) {
    const { value } = await answered("Error querying node allocations", nomad.nodes.allocations(ID));
    counts.push((value ?? []).filter(isRunning).length);
  }
  return counts;
}

function isRunning({ ClientStatus }: Allocation): boolean {
  return ClientStatus === "running";
}

type Asking = Pick<Session<Flags>, "nomad" | "at" | "say" | "fail" | "palette"> & {
  readonly flags: { readonly short: boolean; readonly stats: boolean; readonly verbose: boolean };
};

async function showNode(session: Asking, node: Node): Promise<void> {
  const { nomad, at, say, palette, flags } = session;
  const client = at(node.HTTPAddr);
  const host = await hostStatsOf(session, node, client);
  const up: [string, string][] = host === undefined ? [] : [["Uptime", uptime(host)]];
  say(
    keyValues([
      ["ID", shortID(node.ID, { whole: flags.verbose })],
      ["Name", node.Name],
      ["Class", node.NodeClass],
      ["DC", node.Datacenter],
      ["Drain", String(node.Drain)],
      ["Status", node.Status],
      ...up,
    ]),
  );
  const { value } = await answered("Error querying node allocations", nomad.nodes.allocations(node.ID));
  const allocations = value ?? [];
  if (!flags.short) {
    const running = allocations.filter(isRunning);
    say(`\n${heading(palette, "Allocated Resources")}\n${allocatedResources(node, running)}`);
    await showActualUsage(session, node, { client, running });
    showHostUsage(session, node, host);
    if (flags.stats && host !== undefined) showHostDetails(session, host);
  }
  if (allocations.length > 0) {
    say(`\n${heading(palette, "Allocations")}\n${allocationTable(allocations, flags)}`);
  }
  if (flags.verbose) {
    const names = Object.keys(node.Attributes ?? {}).sort();
    say(`\n${heading(palette, "Attributes")}\n${keyValues(names.map((name) => [name, node.Attributes[name]!]))}`);
  }
}

/** Undefined when the client does not tell; that is said, and the rest is shown all the same. */
async function hostStatsOf({ say, fail }: Asking, node: Node, client: Nomad): Promise<HostStats | undefined> {
  const missing = (reason: string): undefined => {
    say("");
    fail(`error fetching node stats (HINT: ensure Client.Advertise.HTTP is set): ${reason}`);
  };
  if (node.HTTPAddr === "") return missing("the node does not say where its HTTP API is");
  try {
    const { value } = await client.client.hostStats();
    return value ?? missing("no sample has been taken yet");
  } catch (error) {
    if (isRefusal(error)) return missing(error.message);
    throw error;
  }
}

async function showActualUsage(
  { say, palette }: Asking,
  node: Node,
  { client, running }: { readonly client: Nomad; readonly running: readonly Allocation[] },
): Promise<void> {
  try {
    const usages = await Promise.all(running.map(({ ID }) => client.client.allocationStats(ID)));
    const table = actualUsage(
      node,
      usages.map(({ value }) => value.ResourceUsage),
    );
    say(`\n${heading(palette, "Allocation Resource Utilization")}\n${table}`);
  } catch (error) {
    // The client has been found silent before, and that has been told.
    if (!isRefusal(error)) throw error;
  }
}

function showHostUsage({ say, fail, palette }: Asking, node: Node, host: HostStats | undefined): void {
  if (host === undefined) {
    say("");
    fail("error fetching node stats (HINT: ensure Client.Advertise.HTTP is set): actual resource usage not present");
    return;
  }
  say(`\n${heading(palette, "Host Resource Utilization")}\n${hostUsage(node, host)}`);
}

function showHostDetails({ say, palette }: Asking, host: HostStats): void {
  say(`\n${heading(palette, "CPU Stats")}\n${cpuBlocks(host)}`);
  say(`\n${heading(palette, "Memory Stats")}\n${memoryBlock(host)}`);
  say(`\n${heading(palette, "Disk Stats")}\n${diskBlocks(host)}`);
}
