import { type Dictionary, dictionary } from "../base/index.ts";
import { isReady, type Node } from "../model/index.ts";
import type { StateView } from "../state/index.ts";

/** Nodes that may get allocations, and how many of them each datacenter has, 0 included. */
export interface ReadyNodes {
  readonly nodes: readonly Node[];
  readonly byDatacenter: Readonly<Dictionary<number>>;
}

/** What was found already, by the rows of the table: thousands of nodes are gone through once for all jobs, until one changes. */
const found = new WeakMap<object, Map<string, ReadyNodes>>();

export function readyNodes({ nodes }: StateView, datacenters: readonly string[]): ReadyNodes {
  const { contents } = nodes;
  const known = found.get(contents) ?? new Map<string, ReadyNodes>();
  found.set(contents, known);
  const asked = JSON.stringify(datacenters);
  const ready = known.get(asked) ?? readyAmong(nodes.all(), datacenters);
  known.set(asked, ready);
  return ready;
}

function readyAmong(all: Iterable<Node>, datacenters: readonly string[]): ReadyNodes {
  const byDatacenter = dictionary<number>(datacenters.map((name) => [name, 0]));
  const nodes: Node[] = [];
  for (const node of all) {
    const count = byDatacenter[node.Datacenter];
    if (count === undefined || !isReady(node)) continue;
    byDatacenter[node.Datacenter] = count + 1;
    nodes.push(node);
  }
  return { nodes, byDatacenter };
}
