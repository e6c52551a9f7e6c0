import type { Target } from "./target.ts";

const gossip = () => import("./targets/gossip.ts");
const raft = () => import("./targets/raft.ts");
const rpc = () => import("./targets/rpc.ts");
const state = () => import("./targets/state.ts");
const text = () => import("./targets/text.ts");

/** Every decoder of bytes that others have made, by its name; loaded when it is wanted. */
export const targets: Readonly<Record<string, () => Promise<Target>>> = {
  msgpack: async () => (await import("./targets/msgpack.ts")).msgpack,
  connections: async () => (await import("./targets/connections.ts")).connections,
  yamux: async () => (await rpc()).yamux,
  "rpc calls": async () => (await rpc()).rpcCalls,
  "rpc bodies": async () => (await rpc()).rpcBodies,
  "raft frames": async () => (await raft()).raftFrames,
  "raft messages": async () => (await raft()).raftMessages,
  "gossip packets": async () => (await gossip()).gossipPackets,
  "gossip member": async () => (await gossip()).gossipMember,
  "gossip streams": async () => (await gossip()).gossipStreams,
  "serf messages": async () => (await gossip()).serfMessages,
  "http requests": async () => (await import("./targets/http.ts")).httpRequests,
  "json bodies": async () => (await text()).jsonBodies,
  "http bodies": async () => (await text()).httpBodies,
  "state snapshots": async () => (await state()).snapshots,
  "log entries": async () => (await state()).logEntries,
  "job files": async () => (await text()).jobFiles,
  "job files of hcl 2": async () => (await text()).modernJobFiles,
  formatting: async () => (await text()).formattedTexts,
  hcl: async () => (await text()).configFiles,
  cron: async () => (await text()).cronLines,
};

/** Not decoders: what shows that the watcher sees a decoder that breaks its promise. */
export const brokenTargets: typeof targets = {
  "one that throws": async () => (await import("./targets/broken.ts")).throwing,
  "one that hangs": async () => (await import("./targets/broken.ts")).hanging,
  "one that dawdles": async () => (await import("./targets/broken.ts")).dawdling,
};
