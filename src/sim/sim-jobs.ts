import type { SeededRandom } from "../base/index.ts";

/** What is the same in all versions of a job. */
interface Kind {
  readonly Type: "service" | "batch" | "system";
  readonly Update?: { readonly Stagger: number; readonly MaxParallel: number };
  /** Of each task. */
  readonly Networks?: readonly object[];
}

/** A port that every node has once, and one that every node has many of. */
const ports = [{ MBits: 1, ReservedPorts: [{ Label: "web", Value: 8080 }], DynamicPorts: [{ Label: "admin" }] }];

/** Jobs that are not services without ports which are updated all at once. */
const kinds: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ["red", { Type: "service", Update: { Stagger: 2e9, MaxParallel: 1 } }],
  ["green", { Type: "service", Networks: ports }],
  ["blue", { Type: "batch" }],
  ["gold", { Type: "system", Update: { Stagger: 1e9, MaxParallel: 1 } }],
]);

/** What jobs are beside each other. */
interface Crowd {
  readonly jobs: readonly string[];
  /** How many allocations each of them has at most. */
  readonly count: number;
  /** They are all services, of which a node has room for one allocation; each is more important than those before it. */
  readonly isCrowded?: boolean;
}

/**
 * A version of a job as chance has it, to be registered. Half of all versions change what tasks depend on, so that
 * allocations are replaced; the others are taken over in place.
 */
export function jobVersion(ID: string, value: string, crowd: Crowd, random: SeededRandom) {
  const Env = { GENERATION: `${random.below(2)}` };
  const { Networks = [], ...kind } = kindOf(ID, crowd);
  const Resources = { CPU: crowd.isCrowded ? 2500 : 100, MemoryMB: 64, DiskMB: 10, Networks };
  const LogConfig = { MaxFiles: 1, MaxFileSizeMB: 1 };
  const task = { Name: "server", Driver: "mock", Config: { run_for: "10h" }, Env, Resources, LogConfig };
  const TaskGroups = [{ Name: "app", Count: countOf(kind, crowd, random), Tasks: [task] }];
  const Priority = crowd.isCrowded ? 30 + 20 * crowd.jobs.indexOf(ID) : 50;
  return { ID, Name: ID, Datacenters: ["dc1"], Priority, Meta: { value }, TaskGroups, ...kind };
}

function kindOf(ID: string, { isCrowded }: Crowd): Kind {
  const known = isCrowded ? undefined : kinds.get(ID);
  return known ?? { Type: "service" };
}

function countOf({ Type }: Kind, { count, isCrowded }: Crowd, random: SeededRandom): number {
  if (isCrowded) return count;
  const drawn = random.below(count + 1);
  return Type === "system" ? Math.min(1, drawn) : drawn;
}
