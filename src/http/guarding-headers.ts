/**
 * What every answer carries, with what the operator chose: no browser may take text of others for a page, whatever is in
 * it, or show an answer within another site's page. What the operator says of frames holds.
 */
export function guardingHeaders(chosen: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const isFramed = Object.keys(chosen).some((name) => name.toLowerCase() === "x-frame-options");
  return { ...chosen, ...(!isFramed && { "X-Frame-Options": "DENY" }), "X-Content-Type-Options": "nosniff" };
}
