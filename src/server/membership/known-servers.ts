import type { Member } from "../../model/index.ts";

/** A server of any region, as gossip tells of it. */
export interface KnownServer {
  readonly name: string;
  /** Its name in the Raft configuration of its region; its RPC address where it tells none. */
  readonly id: string;
  readonly region: string;
  readonly datacenter: string;
  /** `ip:port` of its RPC. */
  readonly rpcAddress: string;
  /** `alive`, `leaving`, `left` or `failed`. */
  readonly status: string;
  /** How many servers its cluster begins with; 0 if it does not say. */
  readonly expect: number;
}

/**
 * Why a member may not be one of ours, in the words of Nomad 0.4.1; undefined if it may: only servers gossip, and one
 * whose tags cannot be read could not be told from another's agent.
 */
export function serverObjection({
  name,
  tags,
}: {
  readonly name: string;
  readonly tags: Member["Tags"];
}): string | undefined {
  const { role, port, vsn, expect = "0" } = tags;
  const isServer = role === "nomad" && [port, vsn, expect].every((text) => /^[+-]?\d{1,9}$/.test(text ?? ""));
  return isServer ? undefined : `member '${name}' is not a server`;
}

/** What a member's tags say of the server it is; undefined if it is none. */
export function serverOf(known: Pick<Member, "Name" | "Addr" | "Status" | "Tags">): KnownServer | undefined {
  const { role, id, region, dc, port, expect } = known.Tags;
  if (role !== "nomad" || region === undefined || port === undefined) return undefined;
  const rpcAddress = known.Addr.includes(":") ? `[${known.Addr}]:${port}` : `${known.Addr}:${port}`;
  return {
    name: known.Name,
    id: id ?? rpcAddress,
    region,
    datacenter: dc ?? "",
    rpcAddress,
    status: known.Status,
    expect: Number(expect ?? 0),
  };
}
