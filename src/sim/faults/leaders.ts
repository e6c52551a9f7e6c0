import { type Fault, oneOf } from "./fault.ts";

/** Leaders that are made to hand over. */
export const leaderFaults: readonly Fault[] = [
  {
    kind: "hand leadership over",
    strike: ({ leader }, random) => {
      if (leader === undefined) return undefined;
      const own = leader.statistics().nomad?.leader_addr;
      const others = leader.raftMembers().filter(({ voter, address }) => voter && address !== own);
      const to = oneOf(others, random);
      if (to === undefined) return undefined;
      leader.transferLeadership(to.id);
      return `to ${to.address}`;
    },
  },
];
