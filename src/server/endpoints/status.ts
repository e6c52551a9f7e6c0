import { collectGarbage, getLeader, getPeers, listRegions, ping, reconcileSummaries } from "../../api/index.ts";
import { summariesReconcile } from "../../state/index.ts";
import { type Endpoint, endpoint, type ServerContext } from "../endpoint.ts";

/** What is asked about the cluster itself. */
export function statusEndpoints(context: ServerContext): readonly Endpoint[] {
  return [
    endpoint(ping, async () => ({ reply: {}, index: 0 })),
    endpoint(getLeader, async () => ({ reply: context.leaderAddress(), index: 0 })),
    endpoint(getPeers, async () => ({ reply: context.raft.members.map(({ address }) => address), index: 0 })),
    endpoint(listRegions, async () => ({ reply: context.membership.regions(), index: 0 })),
    endpoint(collectGarbage, async () => {
      context.leadership.leader.garbage.collect("force-gc");
      return { reply: {}, index: 0 };
    }),
    endpoint(reconcileSummaries, async () => {
      const { index } = await context.state.propose(summariesReconcile, {});
      return { reply: {}, index };
    }),
  ];
}
