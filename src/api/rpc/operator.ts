import { flag, listOf, optional, struct, text } from "../../wire/index.ts";
import { rpcMethod } from "./method.ts";
import { raftServer } from "./raft-server.ts";

/** The servers that Raft counts. A stale answer is of use also where no leader is known: then it says who is missing. */
export const getRaftConfiguration = rpcMethod({
  name: "Operator.RaftGetConfiguration",
  request: struct({}),
  reply: struct({ Servers: listOf(raftServer) }),
  answeredBy: "leader",
  access: "read",
  staleNeedsNoLeader: true,
});

/** Takes a server out of the Raft configuration, by its ID or by its address: one of the two is given. */
export const removeRaftPeer = rpcMethod({
  name: "Operator.RaftRemovePeer",
  request: struct({ ID: text, Address: text }),
  reply: struct({}),
  answeredBy: "leader",
  access: "write",
});

/** Lets another voter lead, named by its ID or by its address. `Noop` says that it leads already. */
export const transferLeadership = rpcMethod({
  name: "Operator.TransferLeadershipToPeer",
  request: struct({ ID: text, Address: text }),
  reply: struct({ From: optional(raftServer), To: optional(raftServer), Noop: flag }),
  answeredBy: "leader",
  access: "write",
});
