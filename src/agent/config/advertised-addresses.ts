import type { Names } from "../../runtime/index.ts";
import type { Settings } from "./settings.ts";

/** What others are told cannot be found out; in the words of Nomad 0.4.1. */
export class UnknownHost extends Error {
  override readonly name = "UnknownHost";
}

const failing = {
  HTTP: (address: string) => `error resolving HTTP addr "${address}"`,
  RPC: () => "error resolving rpc advertise address",
  Serf: () => "error resolving serf advertise address",
};

/**
 * The settings with addresses in the place of names in `advertise`: other machines may know other names, or none. As the
 * original, an IPv4 address goes before others. Throws `UnknownHost`.
 */
export async function withAddresses(settings: Settings, names: Names): Promise<Settings> {
  const resolved = async (service: "HTTP" | "RPC" | "Serf"): Promise<string> => {
    const address = settings.AdvertiseAddrs[service];
    const [, host = "", port = ""] = /^(.*):(\d+)$/.exec(address) ?? [];
    const known = host === "" ? [] : await names.addressesOf(host.replace(/^\[(.*)\]$/, "$1"));
    const chosen = known.find((each) => !each.includes(":")) ?? known[0];
    if (address === "") return "";
    if (chosen === undefined) throw new UnknownHost(`${failing[service](address)}: lookup ${host}: no such host`);
    return chosen.includes(":") ? `[${chosen}]:${port}` : `${chosen}:${port}`;
  };
  const [HTTP, RPC, Serf] = [await resolved("HTTP"), await resolved("RPC"), await resolved("Serf")];
  return { ...settings, AdvertiseAddrs: { HTTP, RPC, Serf } };
}
