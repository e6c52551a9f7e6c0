/** Where clouds answer any program of a machine with the machine's own keys. */
const metadataServices: ReadonlySet<string> = new Set(["100.100.100.200", "fd00:ec2::254"]);

/** Whether an address (numbers, no brackets) is of the link or a cloud's metadata service. */
export function isLinkLocal(address: string): boolean {
  const bare = address.toLowerCase().replace(/%.*$/, "");
  const v4 = mappedV4(bare) ?? bare;
  return v4.startsWith("169.254.") || /^fe[89ab][0-9a-f]:/.test(bare) || metadataServices.has(v4);
}

/** The IPv4 address inside an IPv6 one, written as `::ffff:169.254.0.1` or `::ffff:a9fe:1`, also of NAT64. */
function mappedV4(address: string): string | undefined {
  const [, rest] = /^(?:::ffff:|::ffff:0:|::|64:ff9b::)([0-9a-f.:]+)$/.exec(address) ?? [];
  if (rest === undefined) return undefined;
  if (rest.includes(".")) return rest;
  const [, high = "", low = ""] = /^([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(rest) ?? [];
  if (high === "") return undefined;
  const bytes = [high, low].map((group) => Number.parseInt(group, 16)).flatMap((group) => [group >> 8, group & 255]);
  return bytes.join(".");
}
