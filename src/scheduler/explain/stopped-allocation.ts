import { dictionary, type Steps } from "../../base/index.ts";
import {
  type Allocation,
  type Node,
  type Remedy,
  resourcesFit,
  type TaskGroup,
  type Usage,
  usageOf,
} from "../../model/index.ts";
import { jobKey, schedulerConfigurationIn } from "../../state/index.ts";
import { ClassVerdicts } from "../feasibility/class-verdicts.ts";
import { Occupancy } from "../occupancy.ts";
import { pack, packerFor } from "../ranking/bin-pack.ts";
import { readyNodes } from "../ready-nodes.ts";
import { helping, type Stuck } from "./stuck.ts";
import type { Trials } from "./trials.ts";
import { nodeName, shortID } from "./words.ts";

/** Allocations of which is looked whether their room would do, ports and bandwidth too. */
const mostLooked = 5_000;
/** Of those whose room would do, so many are tried. */
const mostTried = 5;

interface Candidate {
  readonly allocation: Allocation;
  readonly node: Node;
  readonly priority: number;
}

/** The allocation that counts least among those of jobs with less priority whose room would do. */
export function* stoppedAllocation(stuck: Stuck): Steps<readonly Remedy[]> {
  const { trials } = stuck;
  const candidates = yield* leavingRoom(trials, stuck.group);
  const sorted = candidates.toSorted((a, b) => a.priority - b.priority || takes(a) - takes(b));
  for (const { allocation, node, priority } of sorted.slice(0, mostTried)) {
    const stopped = { ...allocation, DesiredStatus: "stop", ClientStatus: "complete" };
    const trial = trials.supposing((write) => write.put("allocations", stopped));
    const Text =
      `Stop allocation ${shortID(allocation.ID)} of job "${allocation.JobID}" (priority ${priority}) ` +
      `on ${nodeName(node)}`;
    const described = { Kind: "stop", Text, AllocID: allocation.ID, JobID: allocation.JobID, NodeID: node.ID };
    const found = yield* helping(stuck, trial, described);
    if (found !== undefined) return [found];
  }
  return [];
}

/** Allocations without which their node would have the room, and may run the group as far as the node alone decides. */
function* leavingRoom(trials: Trials, group: TaskGroup): Steps<readonly Candidate[]> {
  const { view, job } = trials;
  const whyNot = new ClassVerdicts(job).check(group);
  const packer = packerFor(schedulerConfigurationIn(view));
  const { random } = trials.context();
  const found: Candidate[] = [];
  let looked = 0;
  for (const node of readyNodes(view, job.Datacenters).nodes) {
    yield;
    if (whyNot(node) !== undefined) continue;
    const key = node.ID.toLowerCase();
    const occupancy = new Occupancy({
      taken: view.allocations.takenOf(key),
      siblings: [],
      all: () => view.allocations.by("node", key),
    });
    const there = occupancy.allocations;
    const missing = shortOf(node, there, group);
    for (const allocation of there) {
      const priority = priorityOf(trials, allocation);
      if (priority >= job.Priority || !covers(usageOf(allocation), missing)) continue;
      if (looked++ >= mostLooked) {
        trials.cut();
        return found;
      }
      const proposed = occupancy.without([allocation], false);
      if (pack({ node, proposed }, group, packer, random).fits) found.push({ allocation, node, priority });
    }
  }
  return found;
}

/** What the group needs on a node beyond what is left there; 0 or less where there is enough. */
function shortOf(node: Node, there: readonly Allocation[], { Tasks }: TaskGroup): Usage {
  const asks = Tasks.flatMap(({ Name, Resources }) => (Resources === null ? [] : [[Name, Resources] as const]));
  const newcomer = { DesiredStatus: "run", ClientStatus: "pending", Resources: null, TaskResources: dictionary(asks) };
  const { used } = resourcesFit(node, [...there, newcomer]);
  const short = (field: keyof Usage) => used[field] - (node.Resources?.[field] ?? 0);
  return { CPU: short("CPU"), MemoryMB: short("MemoryMB"), DiskMB: short("DiskMB"), IOPS: short("IOPS") };
}

function covers(usage: Usage, missing: Usage): boolean {
  return (["CPU", "MemoryMB", "DiskMB", "IOPS"] as const).every((field) => usage[field] >= missing[field]);
}

function priorityOf({ view, job }: Trials, { Job, Namespace, JobID }: Allocation): number {
  const key = jobKey(Namespace, JobID);
  if (key === jobKey(job.Namespace, job.ID)) return job.Priority;
  return Job?.Priority ?? view.jobs.get(key)?.Priority ?? job.Priority;
}

function takes({ allocation }: Candidate): number {
  const { CPU, MemoryMB } = usageOf(allocation);
  return CPU + MemoryMB;
}
