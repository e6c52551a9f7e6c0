/**
 * The same bytes; after the last it throws if they are not those that the header `Digest` tells of. A header without
 * SHA-256 tells nothing.
 */
export async function* proven(bytes: AsyncIterable<Uint8Array>, header = ""): AsyncGenerator<Uint8Array, void> {
  const expected = /(?:^|,)\s*sha-256=([^,]+)/i.exec(header)?.[1]?.trim();
  // Loaded only here: most users of the SDK never come by, and loading takes longer than most of what they ask.
  const { createHash } = await import("node:crypto");
  const hash = createHash("sha256");
  for await (const piece of bytes) {
    hash.update(piece);
    yield piece;
  }
  const found = hash.digest("base64");
  if (expected === undefined || found === expected) return;
  throw new DigestMismatch(`what came has the SHA-256 ${found}, not ${expected}: ask for it again`);
}

/** What came is not what was sent. */
export class DigestMismatch extends Error {
  override readonly name = "DigestMismatch";
}
