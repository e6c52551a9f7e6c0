import type { Member } from "../../model/index.ts";

/** A server of any region, as gossip tells of it. */
export interface KnownServer {
  readonly name: string;
  readonly region: string;
  readonly datacenter: string;
  /** `ip:port` of its RPC; also its name in the Raft configuration of its region. */
  readonly rpcAddress: string;
  /** `alive`, `leaving`, `left` or `failed`. */
  readonly status: string;
  /** How many servers its cluster begins with; 0 if it does not say. */
  readonly expect: number;
}

/** What a member's tags say of the server it is; undefined if it is none. */
export function serverOf(known: Pick<Member, "Name" | "Addr" | "Status" | "Tags">): KnownServer | undefined {
  const { role, region, dc, port, expect } = known.Tags;
  if (role !== "nomad" || region === undefined || port === undefined) return undefined;
  return {
    name: known.Name,
    region,
    datacenter: dc ?? "",
    rpcAddress: known.Addr.includes(":") ? `[${known.Addr}]:${port}` : `${known.Addr}:${port}`,
    status: known.Status,
    expect: Number(expect ?? 0),
  };
}
