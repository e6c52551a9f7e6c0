import { getRaftConfiguration, RpcError, removeRaftPeer, transferLeadership } from "../../api/index.ts";
import { firstOf, later, times } from "../../base/index.ts";
import { DEFAULT_TIMING, type Member } from "../../raft/index.ts";
import { type Asked, type Endpoint, endpoint, type ServerContext } from "../endpoint.ts";

/** The versions of Raft's protocol in which servers are named by their addresses, and by names of their own. */
const raftProtocol = { byAddress: "2", byName: "3" } as const;

/** A server named by the one or the other. */
interface Named {
  readonly ID: string;
  readonly Address: string;
}

/** What operators ask about Raft, and do to it. */
export function operatorEndpoints(context: ServerContext): readonly Endpoint[] {
  return [
    endpoint(getRaftConfiguration, async () => {
      return { reply: { Servers: context.raft.members.map((member) => shown(context, member)) }, index: 0 };
    }),
    endpoint(removeRaftPeer, async ({ request }) => {
      const peer = peerNamed(context, request);
      if (peer.voter && context.raft.members.filter(({ voter }) => voter).length === 1) {
        throw new RpcError(`"${peer.id}" is the only server that votes: without it there is no cluster`, { code: 400 });
      }
      await context.raft.removeServer(peer.id);
      context.runtime.log.named("nomad").warn("removed Raft peer by the operator's wish", { server: peer.id });
      return { reply: {}, index: 0 };
    }),
    endpoint(transferLeadership, async (asked) => {
      const to = peerNamed(context, asked.request);
      const from = context.raft.members.find(({ address }) => address === context.config.rpcAddress);
      const Noop = to.id === from?.id;
      const [From, To] = [from === undefined ? null : shown(context, from), shown(context, to)];
      if (!Noop) await handOver(context, to, asked);
      return { reply: { From, To, Noop }, index: 0 };
    }),
  ];
}

/** Resolves when this server no longer leads; a successor that does not take over in time is an error. */
async function handOver({ raft, runtime }: ServerContext, to: Member, { signal }: Asked<unknown>): Promise<void> {
  if (!to.voter) throw new RpcError(`"${to.id}" does not vote, so it cannot lead`, { code: 400 });
  const { clock } = runtime;
  const deadline = later(clock.now(), times(DEFAULT_TIMING.electionTimeout, 2));
  raft.transferLeadership(to.id);
  while (raft.isLeader) {
    signal.throwIfAborted();
    if (clock.now() >= deadline) {
      throw new RpcError(`"${to.id}" did not take over the leadership in time: is it alive and up to date?`);
    }
    await firstOf(signal, raft.changed, (passed) => clock.at(deadline, passed));
  }
}

function peerNamed({ raft }: ServerContext, { ID, Address }: Named): Member {
  const found = raft.members.find(({ id, address }) => (ID === "" ? address === Address : id === ID));
  if (found !== undefined) return found;
  const name = ID === "" ? `address "${Address}"` : `id "${ID}"`;
  throw new RpcError(`${name} was not found in the Raft configuration`, { code: 400 });
}

function shown({ leaderAddress, membership }: ServerContext, { id, address, voter }: Member) {
  const known = membership.members().find(({ Addr, Tags }) => hostAndPort(Addr, Tags.port ?? "") === address);
  return {
    ID: id,
    Node: known?.Name ?? "(unknown)",
    Address: address,
    Leader: address === leaderAddress(),
    Voter: voter,
    RaftProtocol: id === address ? raftProtocol.byAddress : raftProtocol.byName,
  };
}

function hostAndPort(host: string, port: string): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
