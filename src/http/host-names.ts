import type { HttpRequest } from "../runtime/index.ts";

/** The names under which an agent's HTTP API is asked. */
export interface HostNames {
  /** What the agent calls itself, and others by its word; no port. */
  readonly own: readonly string[];
  /** What the operator lists. If there are any, all that is asked under another name is refused, programs' requests too. */
  readonly listed: readonly string[];
}

/**
 * Tells requests under a name that is not ours. Whoever has a domain can give it this machine's address after a browser
 * has loaded a page from it (DNS rebinding): the page then asks us as its own site, and only `Host` tells. Addresses
 * are safe, and so are names without a dot, which no site on the internet has; a name that a proxy passes on can be told
 * from an attacker's by the operator alone. Programs load no pages, so that they may call us anything where nothing is listed.
 */
export class HostCheck {
  readonly #known: ReadonlySet<string>;
  readonly #isForAll: boolean;

  constructor({ own, listed }: HostNames) {
    this.#known = new Set([...own, ...listed].map((name) => hostOf(name) ?? name));
    this.#isForAll = listed.length > 0;
  }

  /** The name of the host that was asked if it may be somebody else's. */
  foreignName({ headers }: Pick<HttpRequest, "headers">): string | undefined {
    const { host } = headers;
    if (host === undefined || host === "") return undefined;
    if (!this.#isForAll && !isOfBrowser(headers)) return undefined;
    const name = hostOf(host);
    return name === undefined || !(isUnmistakable(name) || this.#known.has(name)) ? host : undefined;
  }
}

/** Some of this a page can leave out or change; `Origin` of a change it cannot. */
function isOfBrowser(headers: HttpRequest["headers"]): boolean {
  const { origin, referer, "sec-fetch-site": site, "accept-language": language, "user-agent": program } = headers;
  if ([origin, referer, site].some((said) => said !== undefined)) return true;
  // Node's own client takes every language.
  return program?.startsWith("Mozilla/") === true || (language !== undefined && language !== "*");
}

/** An address, or a name that only the machine or the network around it gives a meaning. */
function isUnmistakable(name: string): boolean {
  return /^(\[.*\]|\d+(\.\d+){3})$/.test(name) || !name.includes(".") || name.endsWith(".localhost");
}

/** As all spellings of a host come to; without a port. Undefined if it is none. */
function hostOf(said: string): string | undefined {
  if (/[\s@/?#\\]/.test(said)) return undefined;
  const name = URL.parse(`http://${said}`)?.hostname.replace(/\.$/, "");
  return name === "" ? undefined : name;
}
