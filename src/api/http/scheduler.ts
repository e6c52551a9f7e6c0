import { parseGoUnsigned } from "./query.ts";
import { Refusal } from "./refusal.ts";
import { route } from "./route.ts";

export const getSchedulerConfiguration = route({
  verbs: ["GET"],
  path: "/v1/operator/scheduler/configuration",
  asks: "getSchedulerConfiguration",
  tells: "freshness",
  ask: () => ({}),
  show: ({ reply: { SchedulerConfig }, index, knownLeader, lastContact }) => {
    return { SchedulerConfig, Index: index, KnownLeader: knownLeader, LastContact: lastContact, NextToken: "" };
  },
});

/** With `cas`, only if the configuration was last changed at that index; 0 if never. */
export const setSchedulerConfiguration = route({
  verbs: ["PUT", "POST"],
  path: "/v1/operator/scheduler/configuration",
  asks: "setSchedulerConfiguration",
  hasBody: true,
  bodyIs: "Config",
  tells: "index",
  ask: ({ body: { Config }, query }) => {
    const cas = query.get("cas") ?? "";
    if (cas === "" || Config === null) return { Config, CAS: false };
    return { Config: { ...Config, ModifyIndex: indexIn(cas) }, CAS: true };
  },
  show: ({ reply: { Updated }, index }) => ({ Updated, Index: index }),
});

function indexIn(cas: string): number {
  try {
    return parseGoUnsigned(cas);
  } catch (error) {
    throw new Refusal(400, `Error parsing cas value: ${(error as Error).message}`);
  }
}
