import type { Node, Usage } from "../../model/index.ts";

const resources = ["CPU", "MemoryMB", "DiskMB", "IOPS"] as const satisfies readonly (keyof Usage)[];

/** How much of each resource a node has too little; 0 or less of those that it has enough of. */
export type Shortage = Usage;

/** What a node is short of if `newcomer` comes to what takes room there, which is `taken`. */
export function shortageOn({ Resources, Reserved }: Node, taken: Usage, newcomer: Usage): Shortage {
  const of = (name: keyof Usage) => (Reserved?.[name] ?? 0) + taken[name] + newcomer[name] - (Resources?.[name] ?? 0);
  return { CPU: of("CPU"), MemoryMB: of("MemoryMB"), DiskMB: of("DiskMB"), IOPS: of("IOPS") };
}

/** True if nothing is missing. */
export function isOver({ CPU, MemoryMB, DiskMB, IOPS }: Shortage): boolean {
  return CPU <= 0 && MemoryMB <= 0 && DiskMB <= 0 && IOPS <= 0;
}

/** True if so much would be of some use. */
export function isEased(shortage: Shortage, freed: Usage): boolean {
  return resources.some((name) => shortage[name] > 0 && freed[name] > 0);
}

/** How far so much is from what is missing: 0 if it is the same, else by shares of it, more or less alike. */
export function distance(shortage: Shortage, freed: Usage): number {
  let squares = 0;
  for (const name of resources) {
    if (shortage[name] > 0) squares += ((shortage[name] - freed[name]) / shortage[name]) ** 2;
  }
  return Math.sqrt(squares);
}
