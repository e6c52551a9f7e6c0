import { route } from "./route.ts";

export const getLeader = route({
  verbs: ["GET"],
  path: "/v1/status/leader",
  asks: "getLeader",
  tells: "nothing",
  ask: () => ({}),
  show: ({ reply }) => reply,
});

export const getPeers = route({
  verbs: ["GET"],
  path: "/v1/status/peers",
  asks: "getPeers",
  tells: "nothing",
  ask: () => ({}),
  show: ({ reply }) => reply,
});

export const listRegions = route({
  verbs: ["GET"],
  path: "/v1/regions",
  asks: "listRegions",
  tells: "nothing",
  ask: () => ({}),
  show: ({ reply }) => reply,
});

export const collectGarbage = route({
  verbs: ["PUT"],
  path: "/v1/system/gc",
  asks: "collectGarbage",
  tells: "nothing",
  ask: () => ({}),
  show: () => undefined,
});

export const reconcileSummaries = route({
  verbs: ["PUT"],
  path: "/v1/system/reconcile/summaries",
  asks: "reconcileSummaries",
  tells: "nothing",
  ask: () => ({}),
  show: () => undefined,
});
