/** A socket address in parts. */
export interface SocketAddress {
  readonly host: string;
  readonly port: number;
}

/** Takes `host:port` apart; an IPv6 host stands in brackets. Throws when there is no valid port. */
export function parseSocketAddress(text: string): SocketAddress {
  const colon = text.lastIndexOf(":");
  const host = text.slice(0, Math.max(colon, 0)).replace(/^\[(.*)\]$/, "$1");
  const digits = text.slice(colon + 1);
  const port = Number(digits);
  if (colon < 0 || !/^\d{1,5}$/.test(digits) || port > 65_535) {
    throw new Error(`Cannot read address "${text}": it must be host:port`);
  }
  return { host, port };
}

/** Puts host and port together, with brackets around an IPv6 host. */
export function formatSocketAddress(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
