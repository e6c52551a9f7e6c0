const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * A key for gossip as operators write it: base64 of 16, 24 or 32 bytes, for AES-128, AES-192 or AES-256. What is wrong
 * with a text that is none is said without the text: it may be a secret all the same.
 */
export function parseGossipKey(
  text: string,
): { readonly ok: true; readonly key: Uint8Array } | { readonly ok: false; readonly reason: string } {
  if (!base64.test(text)) return { ok: false, reason: "it is not base64" };
  const key = Buffer.from(text, "base64");
  if ([16, 24, 32].includes(key.length)) return { ok: true, key };
  return { ok: false, reason: `it has ${key.length} bytes, and must have 16, 24 or 32` };
}
