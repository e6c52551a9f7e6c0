import type { AskingRoute, LocalRoute } from "../http/route.ts";

const texts: Readonly<Record<string, { readonly name: string; readonly says: string }>> = {
  "400": { name: "Unreadable", says: "The body or a parameter cannot be read; the text says which." },
  "403": { name: "Forbidden", says: "A change that the page of another site has asked for, or a file that is secret." },
  "404": { name: "Missing", says: "There is nothing of this ID." },
  "408": { name: "Slow", says: "The body comes too slowly." },
  "413": { name: "TooLarge", says: "The body has more bytes than are read." },
  "415": { name: "NoSuchForm", says: "The agent's configuration does not switch on the form that is asked for." },
  "429": { name: "TooMany", says: "Too much of this is asked for at once." },
  "500": { name: "Failed", says: "Everything else: what is not valid, a change of what is not there, no leader." },
  "501": { name: "NoSuchHalf", says: "The agent has no server, or no client, to answer." },
  "503": { name: "Busy", says: "The agent has no memory left for this; ask again in a moment." },
};

/** Refusals as components of the document: plain texts, all of them. */
export const refusedAnswers = Object.fromEntries(
  Object.values(texts).map(({ name, says }) => [
    name,
    { description: says, content: { "text/plain": { schema: { type: "string" } } } },
  ]),
);

/** References to the ways in which a route may refuse. */
export function refusalsOf(
  route: LocalRoute & Partial<Pick<AskingRoute, "missing">>,
  { hasBody }: { readonly hasBody: boolean },
) {
  const { path, verbs, missing } = route;
  const statuses = [
    "400",
    ...(verbs === "any" || !verbs.includes("GET") ? ["403"] : []),
    ...(missing !== undefined || path.startsWith("/v1/client/") ? ["404"] : []),
    ...(hasBody ? ["408", "413"] : []),
    ...(path === "/v1/metrics" ? ["415"] : []),
    ...(path === "/v1/operator/snapshot" ? ["429"] : []),
    "500",
    ...(path.startsWith("/v1/agent/") || path === "/v1/metrics" ? ["501"] : []),
    "503",
  ];
  return Object.fromEntries(
    statuses.map((status) => [status, { $ref: `#/components/responses/${texts[status]?.name}` }]),
  );
}
