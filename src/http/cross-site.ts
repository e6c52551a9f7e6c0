import type { HttpRequest } from "../runtime/index.ts";

/**
 * What tells a page's request from a program's. A browser names the page's site in `Sec-Fetch-Site`, but only to https
 * and to its own machine; in `Origin`, but not for every GET; in `Referer`, unless the page forbids it. Programs send
 * none of these, and their `User-Agent` does not begin as that of all browsers does.
 */

/** A page of another site asks for a change: a browser says where it comes from, a command line says nothing. */
export function isChangeFromElsewhere({ method, headers }: HttpRequest): boolean {
  if (method === "GET" || method === "HEAD" || method === "OPTIONS") return false;
  const { origin, host, "sec-fetch-site": site } = headers;
  return site === "cross-site" || (origin !== undefined && !isAt(origin, host));
}

/**
 * A page of another site may be what asks, by whatever verb: an image is enough for a GET. So a browser must show that
 * it was our own page or, where it tells that much, the user.
 */
export function mayComeFromElsewhere({ headers }: HttpRequest): boolean {
  const { origin, referer, host, "sec-fetch-site": site, "user-agent": program } = headers;
  if (site !== undefined && site !== "same-origin" && site !== "none") return true;
  if ([origin, referer].some((page) => page !== undefined && !isAt(page, host))) return true;
  const isBrowser = program?.startsWith("Mozilla/") === true;
  return isBrowser && site === undefined && referer === undefined;
}

/** A page lies on the host that was asked; whether the usual port is written out does not matter. */
function isAt(page: string, host = ""): boolean {
  const url = URL.parse(page);
  return url !== null && url.host !== "" && url.host === URL.parse(`${url.protocol}//${host}`)?.host;
}
