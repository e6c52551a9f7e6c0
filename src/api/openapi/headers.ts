import type { AskingRoute, LocalRoute } from "../http/route.ts";

/** What answers say of their freshness. */
export const answerHeaders = {
  "X-Nomad-Index": {
    description: "Place in the log: how new the answer is, or where the change stands.",
    schema: { type: "integer", format: "int64" },
  },
  "X-Nomad-Knownleader": { description: "Whether there is a leader.", schema: { type: "boolean" } },
  "X-Nomad-Lastcontact": {
    description: "Milliseconds since the server that answered heard from the leader.",
    schema: { type: "integer" },
  },
} as const;

/** References to the headers of a route's answer. */
export function headersOf(route: LocalRoute & Partial<Pick<AskingRoute, "tells">>) {
  const names = namesOf(route.tells ?? "nothing");
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

function namesOf(tells: AskingRoute["tells"]): readonly string[] {
  switch (tells) {
    case "freshness":
      return Object.keys(answerHeaders);
    case "index":
      return ["X-Nomad-Index"];
    case "nothing":
      return [];
  }
}
