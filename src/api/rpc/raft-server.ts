import { flag, struct, text } from "../../wire/index.ts";

/** A server as Raft counts it. `ID` and `Address` are its RPC address, `Node` its name in gossip or `(unknown)`. */
export const raftServer = struct({
  ID: text,
  Node: text,
  Address: text,
  Leader: flag,
  Voter: flag,
  RaftProtocol: text,
});
