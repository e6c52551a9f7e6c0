import type { NetworkResource } from "./resources.ts";

/** Addresses of one network that are tried at most: a node says its networks itself, and may say nonsense. */
const mostAddresses = 65_536;

/**
 * The addresses a node's network offers, lowest first: all of its `CIDR` block, or `IP` where there is none.
 * Of an IPv6 block only the address written in it is offered; a block that cannot be read offers nothing.
 */
export function* addressesOf(network: Pick<NetworkResource, "CIDR" | "IP">): Iterable<string> {
  if (network.CIDR === "") {
    if (network.IP !== "") yield network.IP;
    return;
  }
  const [address = "", bits = ""] = network.CIDR.split("/");
  if (address.includes(":")) {
    yield address;
    return;
  }
  const base = numberOf(address);
  if (base === undefined || !/^\d{1,2}$/.test(bits) || Number(bits) > 32) return;
  const size = 2 ** (32 - Number(bits));
  const first = Math.floor(base / size) * size;
  for (let at = 0; at < Math.min(size, mostAddresses); at++) yield addressOf(first + at);
}

function numberOf(address: string): number | undefined {
  const parts = address.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) return undefined;
  return parts.reduce((value, part) => value * 256 + Number(part), 0);
}

function addressOf(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}
