import { type Dictionary, dictionary } from "../base/index.ts";
import { isReady, type Node } from "../model/index.ts";
import type { StateView } from "../state/index.ts";

/** Nodes that may get allocations, and how many of them each datacenter has, 0 included. */
export interface ReadyNodes {
  readonly nodes: readonly Node[];
  readonly byDatacenter: Readonly<Dictionary<number>>;
}

export function readyNodes(view: StateView, datacenters: readonly string[]): ReadyNodes {
  const byDatacenter = dictionary<number>(datacenters.map((name) => [name, 0]));
  const nodes: Node[] = [];
  for (const node of view.nodes.all()) {
    const count = byDatacenter[node.Datacenter];
    if (count === undefined || !isReady(node)) continue;
    byDatacenter[node.Datacenter] = count + 1;
    nodes.push(node);
  }
  return { nodes, byDatacenter };
}
