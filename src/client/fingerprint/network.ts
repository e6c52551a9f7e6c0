import { dictionary } from "../../base/index.ts";
import type { NetworkResource } from "../../model/index.ts";
import type { Disk, Log } from "../../runtime/index.ts";
import { readIfThere } from "../read-if-there.ts";
import type { Fingerprint, NodeFacts } from "./fingerprint.ts";
import { addressesByInterface, chosenInterface, type Interface } from "./interfaces.ts";

const interfacesDirectory = "/sys/class/net";

/** Attribute `unique.network.ip-address`, and the network whose ports the node gives to tasks. */
export const networkFingerprint: Fingerprint = {
  name: "network",
  async detect({ config, runtime: { disk }, log: rootLog }) {
    const log = rootLog.named("fingerprint.network");
    const addresses = addressesByInterface(
      (await readIfThere(disk, "/proc/net/fib_trie")) ?? "",
      (await readIfThere(disk, "/proc/net/route")) ?? "",
    );
    const chosen = chosenInterface(await interfaces(disk), addresses, config.networkInterface);
    const address = chosen === undefined ? undefined : addresses.get(chosen.name)?.[0];
    if (chosen === undefined || address === undefined) {
      log.warn(nothingFound(config.networkInterface));
      return undefined;
    }
    log.debug(`Detected interface ${chosen.name} with IP ${address} during fingerprinting`);
    const speed = await linkSpeed(disk, chosen.name, config.networkSpeedMbits, log);
    return networkFacts(chosen.name, address, speed);
  },
};

/** What is known of a node with one network of one address; `speed` in Mbit/s. */
export function networkFacts(device: string, address: string, speed: number): NodeFacts {
  const network: NetworkResource = {
    Mode: "host",
    Device: device,
    CIDR: `${address}/32`,
    IP: address,
    MBits: speed,
    DNS: null,
    ReservedPorts: [],
    DynamicPorts: [],
  };
  return { attributes: dictionary([["unique.network.ip-address", address]]), networks: [network] };
}

function nothingFound(asked: string): string {
  return asked === ""
    ? "No network interface with an IPv4 address found: no task gets a port"
    : `Network interface ${asked} has no IPv4 address: no task gets a port`;
}

async function interfaces(disk: Disk): Promise<readonly Interface[]> {
  const names = await disk.list(interfacesDirectory).catch(() => []);
  return Promise.all(
    names.map(async ({ name }) => ({
      name,
      index: Number((await readIfThere(disk, `${interfacesDirectory}/${name}/ifindex`)) ?? Number.POSITIVE_INFINITY),
      flags: Number((await readIfThere(disk, `${interfacesDirectory}/${name}/flags`)) ?? 0),
    })),
  );
}

/** In Mbit/s, as the kernel tells it; interfaces without a link (loopback, bridges) tell none. */
async function linkSpeed(disk: Disk, device: string, otherwise: number, log: Log): Promise<number> {
  const path = `${interfacesDirectory}/${device}/speed`;
  const speed = Number(await readIfThere(disk, path));
  if (speed > 0) {
    log.debug(`link speed for ${device} set to ${speed}`);
    return speed;
  }
  log.debug(`Unable to read link speed from ${path}`);
  log.debug(`Unable to read link speed; setting to default ${otherwise}`);
  return otherwise;
}
