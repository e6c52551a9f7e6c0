import { type Dictionary, dictionary, type Random } from "../../base/index.ts";
import {
  type Allocation,
  type Fit,
  fieldExhausted,
  type NetworkIndex,
  type Node,
  networkIndexOf,
  type Resources,
  type SchedulerConfiguration,
  scoreFit,
  scoreRoom,
  type TaskGroup,
  type Usage,
  usageFits,
  usageOf,
} from "../../model/index.ts";
import type { Prospect } from "../feasibility/prospect.ts";
import type { Room } from "../refusals.ts";

/** A node that has room, what its tasks would be granted there, and how good a choice it is: more is better. */
export interface Option extends Prospect {
  readonly taskResources: Readonly<Dictionary<Resources>>;
  readonly score: number;
  /** What has to be stopped there first; absent if there is room. */
  readonly preempted?: readonly Allocation[] | undefined;
}

/** How a group would be on a node where it fits. */
export interface Fitting extends Omit<Option, keyof Prospect> {
  readonly fits: true;
}

/** Why a group does not fit: `dimension` says it as metrics show it. */
export interface Lacking {
  readonly fits: false;
  readonly lacks: "network" | "resources";
  readonly dimension: string;
  readonly room?: Room;
}

export type Packing = Fitting | Lacking;

const nothing: Resources = { CPU: 0, MemoryMB: 0, MemoryMaxMB: 0, DiskMB: 0, IOPS: 0, Networks: [], Devices: [] };

/** What the configuration says of giving room to tasks. */
export interface Packer {
  /** Tasks may use more memory than is set aside for them, up to what their job says. */
  readonly oversubscribesMemory: boolean;
  /** The score of a node of which so much would be used. */
  readonly score: (node: Node, used: Usage) => number;
}

export function packerFor(configuration: SchedulerConfiguration): Packer {
  return {
    score: configuration.SchedulerAlgorithm === "spread" ? scoreRoom : scoreFit,
    oversubscribesMemory: configuration.MemoryOversubscriptionEnabled,
  };
}

/** How the group would be on a node, its networks granted. Without networks it is so until something else comes or goes there. */
export function pack(prospect: Prospect, group: TaskGroup, packer: Packer, random: Random): Packing {
  if (asksForNetwork(group)) return packNow(prospect, group, packer, random);
  return prospect.proposed.known(group, () => packNow(prospect, group, packer, random));
}

function packNow({ node, proposed }: Prospect, group: TaskGroup, packer: Packer, random: Random): Packing {
  const granted = grant(group, packer, () => networkIndexOf(node, proposed.allocations), random);
  if (!granted.ok) return { fits: false, lacks: "network", dimension: `network: ${granted.reason}` };
  const { resources, needed } = granted;
  const fit = usageFits(node, proposed.taken, needed);
  if (fit.fits) return { fits: true, taskResources: resources, score: packer.score(node, fit.used) };
  return { fits: false, lacks: "resources", dimension: fit.dimension, room: roomLeft(node, needed, fit) };
}

/** How much of what ran out the newcomer needs, and how much of it there was for it. */
function roomLeft(node: Node, newcomer: Usage, fit: Extract<Fit, { fits: false }>): Room | undefined {
  const field = fieldExhausted(fit.dimension);
  if (field === undefined) return undefined;
  const needed = newcomer[field];
  return { needed, free: (node.Resources?.[field] ?? 0) - (fit.used[field] - needed) };
}

/** What one instance of the group takes wherever it is: all but ports and bandwidth. */
export function neededBy(group: TaskGroup): Usage {
  return usageOf({
    Resources: null,
    TaskResources: dictionary(group.Tasks.map((task) => [task.Name, task.Resources ?? nothing])),
  });
}

/** True if a task wants an address, ports or bandwidth. */
export function asksForNetwork(group: TaskGroup): boolean {
  return group.Tasks.some((task) => (task.Resources?.Networks.length ?? 0) > 0);
}

type Grant =
  | { readonly ok: true; readonly resources: Readonly<Dictionary<Resources>>; readonly needed: Usage }
  | { readonly ok: false; readonly reason: string };

/** What groups get that ask for no network: the same on every node. By whether memory is oversubscribed. */
const grantedAnywhere = [new WeakMap<TaskGroup, Grant>(), new WeakMap<TaskGroup, Grant>()] as const;

function grant(group: TaskGroup, packer: Packer, networkOfNode: () => NetworkIndex, random: Random): Grant {
  if (asksForNetwork(group)) {
    return grantHere(group, packer, networkOfNode, random);
  }
  const known = grantedAnywhere[packer.oversubscribesMemory ? 1 : 0];
  const granted = known.get(group) ?? grantHere(group, packer, networkOfNode, random);
  known.set(group, granted);
  return granted;
}

/** What each task asks for, with addresses and ports in place of asks for a network. A task gets one network at most. */
function grantHere(group: TaskGroup, packer: Packer, networkOfNode: () => NetworkIndex, random: Random): Grant {
  const resources = dictionary<Resources>();
  let index: NetworkIndex | undefined;
  for (const task of group.Tasks) {
    const ask = grantable(task.Resources ?? nothing, packer);
    const network = ask.Networks[0];
    if (network === undefined) {
      resources[task.Name] = ask;
      continue;
    }
    index ??= networkOfNode();
    if (index.hasCollision) return { ok: false, reason: "reserved port collision" };
    if (index.isOvercommitted) return { ok: false, reason: "bandwidth exceeded" };
    const offer = index.assign(network, random);
    if (!offer.ok) return offer;
    index.reserve(offer.network);
    resources[task.Name] = { ...ask, Networks: [offer.network] };
  }
  return { ok: true, resources, needed: usageOf({ Resources: null, TaskResources: resources }) };
}

function grantable(ask: Resources, { oversubscribesMemory }: Packer): Resources {
  return oversubscribesMemory || ask.MemoryMaxMB === 0 ? ask : { ...ask, MemoryMaxMB: 0 };
}
