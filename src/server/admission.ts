import type { Member } from "../raft/index.ts";
import type { KnownServer } from "./membership/known-servers.ts";

/** Somebody who wants to speak Raft, and the servers of the configuration in force. */
export interface RaftCaller {
  /** The server that it says it is. */
  readonly from: string;
  /** `ip:port` that the connection comes from. */
  readonly remoteAddress: string;
  readonly members: readonly Member[];
}

/**
 * Whether a caller may speak Raft: it calls itself by the name of a server of the configuration or of one that gossip
 * knows to be alive (so it is with one that joins), and it calls from the address of such a server. That is no proof,
 * but without TLS there is no better. Servers that are known by host names only cannot be held to an address.
 */
export function maySpeakRaft({ from, remoteAddress, members }: RaftCaller, alive: readonly KnownServer[]): boolean {
  const known = [...members, ...alive.map(({ id, rpcAddress: address }) => ({ id, address }))];
  const own = known.filter(({ id }) => id === from);
  if (own.length === 0) return false;
  const host = hostOf(remoteAddress);
  return known.some(({ address }) => hostOf(address) === host) || own.some(({ address }) => !isIP(hostOf(address)));
}

/** Without brackets, and without the form that IPv4 has on a socket of both kinds. */
function hostOf(address: string): string {
  return address
    .slice(0, address.lastIndexOf(":"))
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/^::ffff:(?=\d+\.)/, "");
}

function isIP(host: string): boolean {
  return /^[\d.]+$/.test(host) || host.includes(":");
}
