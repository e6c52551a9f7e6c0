import type { ServerID } from "./core/membership.ts";
import type { Appended, Envelope } from "./core/messages.ts";

/**
 * The same messages without acknowledgements that another one here covers: of several appends that came to disk with
 * one sync, the leader need only hear of the furthest.
 */
export function withoutSuperseded(envelopes: readonly Envelope[]): readonly Envelope[] {
  if (envelopes.length < 2) return envelopes;
  const furthest = new Map<ServerID, Appended>();
  for (const { to, message } of envelopes) {
    if (message.kind === "appended" && !isBehind(message, furthest.get(to))) furthest.set(to, message);
  }
  return envelopes.filter(({ to, message }) => message.kind !== "appended" || furthest.get(to) === message);
}

function isBehind({ term, matched }: Appended, other: Appended | undefined): boolean {
  return other !== undefined && (term < other.term || (term === other.term && matched < other.matched));
}
