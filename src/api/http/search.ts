import { route } from "./route.ts";

export const searchPrefix = route({
  verbs: ["PUT", "POST"],
  path: "/v1/search",
  asks: "searchPrefix",
  hasBody: true,
  tells: "freshness",
  ask: ({ body }) => body,
  show: ({ reply: { Matches, Truncations }, index, knownLeader, lastContact }) => {
    return { Matches, Truncations, Index: index, KnownLeader: knownLeader, LastContact: lastContact };
  },
});
