/** A network interface that can be reached from outside or, for loopback, from the machine itself. */
export interface Interface {
  readonly name: string;
  readonly index: number;
  /** The kernel's `IFF_*` bits. */
  readonly flags: number;
}

const up = 0x1;
const loopback = 0x8;
const pointToPoint = 0x10;

/**
 * The interface a node offers to its tasks: the one asked for by name, else the first that is up, is neither
 * loopback nor point to point, and has an IPv4 address.
 */
export function chosenInterface(
  interfaces: readonly Interface[],
  addresses: ReadonlyMap<string, readonly string[]>,
  asked: string,
): Interface | undefined {
  if (asked !== "") return interfaces.find(({ name }) => name === asked);
  return [...interfaces]
    .sort((a, b) => a.index - b.index)
    .find(({ name, flags }) => (flags & up) !== 0 && (flags & (loopback | pointToPoint)) === 0 && addresses.has(name));
}

interface Route {
  readonly device: string;
  readonly destination: number;
  readonly mask: number;
}

/**
 * The machine's IPv4 addresses by interface, from `/proc/net/fib_trie` (which addresses are ours) and
 * `/proc/net/route` (which interface leads to each): an address belongs to the interface of the narrowest route to it.
 */
export function addressesByInterface(fibTrie: string, routes: string): ReadonlyMap<string, readonly string[]> {
  const table = parseRoutes(routes);
  const found = new Map<string, string[]>();
  for (const address of localAddresses(fibTrie)) {
    const device = address.startsWith("127.") ? "lo" : narrowestRoute(table, address)?.device;
    if (device !== undefined) found.set(device, [...(found.get(device) ?? []), address]);
  }
  return found;
}

/** Addresses that the trie marks `/32 host LOCAL`; they stand on the line before. */
function localAddresses(fibTrie: string): readonly string[] {
  const matches = fibTrie.matchAll(/\|-- (\d+\.\d+\.\d+\.\d+)\n\s*\/32 host LOCAL/g);
  return [...new Set([...matches].map((match) => match[1] as string))];
}

/** The table's numbers are hexadecimal, lowest byte first. */
function parseRoutes(text: string): readonly Route[] {
  return text
    .split("\n")
    .slice(1)
    .flatMap((line) => {
      const fields = line.trim().split(/\s+/);
      const [device, destination, mask] = [fields[0], fields[1], fields[7]];
      if (device === undefined || destination === undefined || mask === undefined) return [];
      return [{ device, destination: littleEndian(destination), mask: littleEndian(mask) }];
    });
}

function littleEndian(hex: string): number {
  return Buffer.from(hex, "hex").readUInt32LE(0);
}

function narrowestRoute(routes: readonly Route[], address: string): Route | undefined {
  const number = Buffer.from(address.split(".").map(Number)).readUInt32BE(0);
  return routes
    .filter(({ destination, mask }) => (number & mask) >>> 0 === destination)
    .reduce<Route | undefined>(
      (best, route) => (best === undefined || route.mask > best.mask ? route : best),
      undefined,
    );
}
