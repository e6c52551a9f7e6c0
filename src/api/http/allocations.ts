import { route } from "./route.ts";

export const listAllocations = route({
  verbs: ["GET"],
  path: "/v1/allocations",
  asks: "listAllocations",
  tells: "freshness",
  ask: () => ({}),
  show: ({ reply }) => reply.Allocations,
});

export const getAllocation = route({
  verbs: ["GET"],
  path: "/v1/allocation/{AllocID}",
  asks: "getAllocation",
  tells: "freshness",
  missing: "alloc not found",
  ask: ({ path }) => ({ AllocID: path.AllocID }),
  show: ({ reply }) => reply.Alloc ?? undefined,
});
