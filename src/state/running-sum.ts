import { GroupedTree } from "../base/index.ts";
import type { Usage } from "../model/index.ts";

/** What so many rows take together. */
interface Sum extends Usage {
  readonly rows: number;
}

export const nothingTaken: Sum = { rows: 0, CPU: 0, MemoryMB: 0, DiskMB: 0, IOPS: 0 };

/**
 * What rows take together, by a value of theirs, kept as they come and go: who asks how full a node is need not look at
 * all that runs there. Clones as the trees of a table do.
 */
export class RunningSum {
  readonly #sums: GroupedTree<Sum>;

  constructor(sums = new GroupedTree<Sum>()) {
    this.#sums = sums;
  }

  of(value: string): Usage {
    return this.#sums.get(value, "") ?? nothingTaken;
  }

  add(value: string, taken: Usage): void {
    this.#change(value, taken, 1);
  }

  subtract(value: string, freed: Usage): void {
    this.#change(value, freed, -1);
  }

  clone(): RunningSum {
    return new RunningSum(this.#sums.clone());
  }

  #change(value: string, { CPU, MemoryMB, DiskMB, IOPS }: Usage, sign: 1 | -1): void {
    this.#sums.update(value, "", (sum = nothingTaken) => {
      if (sum.rows + sign === 0) return undefined;
      return {
        rows: sum.rows + sign,
        CPU: sum.CPU + sign * CPU,
        MemoryMB: sum.MemoryMB + sign * MemoryMB,
        DiskMB: sum.DiskMB + sign * DiskMB,
        IOPS: sum.IOPS + sign * IOPS,
      };
    });
  }
}
