import { dictionary, type Steps } from "../../base/index.ts";
import { computedClass, type Node, type Remedy } from "../../model/index.ts";
import { helping, type Stuck } from "./stuck.ts";
import { nodeName, sizeText } from "./words.ts";

/** Nodes that are tried, of those that get no work. */
const mostReturning = 8;
/** Kinds of nodes that are tried. */
const mostKinds = 12;

/** The first node of the job's datacenters that would help if one thing were different: a drain ended, say. */
export function* returningNode(stuck: Stuck): Steps<readonly Remedy[]> {
  const { trials } = stuck;
  const { view, job } = trials;
  const away = [...view.nodes.all()]
    .filter(({ Datacenter }) => job.Datacenters.includes(Datacenter))
    .map(returned)
    .filter((change) => change !== undefined)
    .sort((a, b) => a.effort - b.effort);
  if (away.length > mostReturning) trials.cut();
  for (const { node, Text } of away.slice(0, mostReturning)) {
    const trial = trials.supposing((write) => write.put("nodes", node));
    const found = yield* helping(stuck, trial, { Kind: "return", Text, NodeID: node.ID });
    if (found !== undefined) return [found];
  }
  return [];
}

/** The node once it gets work again; undefined if more than one thing keeps it from that, or none. */
function returned(node: Node): { readonly node: Node; readonly Text: string; readonly effort: number } | undefined {
  const name = nodeName(node);
  const isUp = node.Status === "ready";
  if (isUp && node.Drain) {
    const undrained = { ...node, Drain: false, DrainStrategy: null, SchedulingEligibility: "eligible" };
    return { node: undrained, Text: `End the drain of ${name}`, effort: 0 };
  }
  if (isUp && node.SchedulingEligibility === "ineligible") {
    return { node: { ...node, SchedulingEligibility: "eligible" }, Text: `Make ${name} eligible again`, effort: 0 };
  }
  if (isUp || node.Drain || node.SchedulingEligibility === "ineligible") return undefined;
  return { node: { ...node, Status: "ready" }, Text: `Bring ${name} back: it is ${node.Status}`, effort: 1 };
}

/** The smallest kind of node there is of which one more would help. Without nodes in the job's datacenters, of those elsewhere. */
export function* anotherNode(stuck: Stuck): Steps<readonly Remedy[]> {
  const { trials } = stuck;
  const kinds = kindsOfNodes(trials.view.nodes.all(), trials.job.Datacenters);
  if (kinds.length > mostKinds) trials.cut();
  const ID = trials.context().random.uuid();
  for (const { like, Datacenter } of kinds.slice(0, mostKinds)) {
    const trial = trials.supposing((write) => write.put("nodes", another(like, { ID, Datacenter })));
    const elsewhere = like.Datacenter === Datacenter ? "" : `, in datacenter "${Datacenter}"`;
    const Text = `Add one like ${nodeName(like)}: ${sizeText(like)}${elsewhere}`;
    const found = yield* helping(stuck, trial, { Kind: "node", Text, NodeID: like.ID, Datacenter });
    if (found !== undefined) return [found];
  }
  return [];
}

interface KindOfNode {
  readonly like: Node;
  readonly Datacenter: string;
}

/** One node of each kind, the smallest kinds first. */
function kindsOfNodes(nodes: Iterable<Node>, datacenters: readonly string[]): readonly KindOfNode[] {
  const here = new Map<string, KindOfNode>();
  const elsewhere = new Map<string, KindOfNode>();
  for (const node of nodes) {
    const { CPU, MemoryMB, DiskMB, IOPS } = node.Resources ?? nothing;
    const kind = JSON.stringify([node.ComputedClass, node.Datacenter, CPU, MemoryMB, DiskMB, IOPS, node.Reserved]);
    const isHere = datacenters.includes(node.Datacenter);
    const Datacenter = isHere ? node.Datacenter : (datacenters[0] ?? node.Datacenter);
    const kinds = isHere ? here : elsewhere;
    if (!kinds.has(kind)) kinds.set(kind, { like: node, Datacenter });
  }
  return [...(here.size > 0 ? here : elsewhere).values()].sort((a, b) => sizeOf(a.like) - sizeOf(b.like));
}

const nothing = { CPU: 0, MemoryMB: 0, DiskMB: 0, IOPS: 0 };

function sizeOf({ Resources }: Node): number {
  return (Resources?.CPU ?? 0) + (Resources?.MemoryMB ?? 0);
}

/** A new node of the same kind: what is unique to the other one it does not have. */
function another(like: Node, { ID, Datacenter }: { readonly ID: string; readonly Datacenter: string }): Node {
  const node = {
    ...like,
    ID,
    Name: "another",
    Datacenter,
    Attributes: shared(like.Attributes),
    Meta: shared(like.Meta),
    Status: "ready",
    Drain: false,
    DrainStrategy: null,
    SchedulingEligibility: "eligible",
  };
  return Datacenter === like.Datacenter ? node : { ...node, ComputedClass: computedClass(node) };
}

function shared(values: Node["Attributes"]): Node["Attributes"] {
  return dictionary(Object.entries(values).filter(([key]) => !key.startsWith("unique.")));
}
