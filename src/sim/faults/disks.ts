import { milliseconds } from "../../base/index.ts";
import type { SimAgent } from "../sim-agent.ts";
import { type Fault, oneOf } from "./fault.ts";

/** Disks that are slow, and disks without room. */
export const diskFaults: readonly Fault[] = [
  {
    kind: "slow disk",
    strike: ({ servers }, random) => {
      const one = oneOf(servers, random)!;
      one.machine.syncTime = milliseconds(1 + random.below(500));
      return `${one.name} ${one.machine.syncTime / 1e6} ms`;
    },
  },
  {
    kind: "full disk",
    strike: ({ servers }, random) => {
      const one = oneOf(servers, random)!;
      one.machine.fill();
      return one.name;
    },
  },
  {
    kind: "room on disks",
    strike: ({ servers }) => {
      const full = servers.filter(({ machine }) => machine.isFull);
      for (const { machine } of full) machine.room();
      return full.length === 0 ? undefined : full.map(({ name }) => name).join(" ");
    },
  },
];

/** Every disk is quick and has room. */
export function healDisks(servers: readonly SimAgent[]): void {
  for (const { machine } of servers) {
    machine.syncTime = milliseconds(1);
    machine.room();
  }
}
