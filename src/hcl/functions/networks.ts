import type { NumberValue } from "../ast.ts";
import { fixed, type HCLFunction, variadic } from "../evaluation/function.ts";
import { integerOf, textOf, Unusable } from "../evaluation/value.ts";

/** Functions of IP networks in CIDR notation, `10.0.0.0/8` or `fd00::/8`. */
export const networkFunctions: Readonly<Record<string, HCLFunction>> = {
  cidrhost: fixed(["string", "number"], ([prefix, host]) => {
    const network = networkIn(prefix);
    const hosts = 1n << BigInt(network.bits - network.length);
    const wanted = whole(host, 1);
    const number = wanted < 0n ? hosts + wanted : wanted;
    if (number < 0n || number >= hosts) throw new Unusable(`the network has no host ${wanted}`, { parameter: 1 });
    return addressText(network.address + number, network.bits);
  }),
  cidrnetmask: fixed(["string"], ([prefix]) => {
    const { bits, length } = networkIn(prefix);
    if (bits !== 32) throw new Unusable("only IPv4 has netmasks", { parameter: 0 });
    return addressText(((1n << BigInt(length)) - 1n) << BigInt(32 - length), 32);
  }),
  cidrsubnet: fixed(["string", "integer", "number"], ([prefix, more, number]) => {
    const network = networkIn(prefix);
    const subnet = subnetOf(network, more);
    const wanted = whole(number, 2);
    if (wanted < 0n || wanted >= 1n << BigInt(more)) {
      throw new Unusable(`${more} bits do not hold the number ${wanted}`, { parameter: 2 });
    }
    return networkText({ ...subnet, address: network.address + (wanted << BigInt(network.bits - subnet.length)) });
  }),
  cidrsubnets: variadic("any", 1, ([prefix, ...more]) => {
    const network = networkIn(textOf(prefix!));
    const end = network.address + (1n << BigInt(network.bits - network.length));
    let next = network.address;
    return more.map((bits, index) => {
      const { length } = subnetOf(network, integerOf(bits));
      const size = 1n << BigInt(network.bits - length);
      const address = ((next + size - 1n) / size) * size;
      next = address + size;
      if (next > end) throw new Unusable("there is no room left in the network", { parameter: index + 1 });
      return networkText({ address, length, bits: network.bits });
    });
  }),
};

function whole(value: NumberValue, parameter: number): bigint {
  if (typeof value === "bigint") return value;
  throw new Unusable(`a whole number is required, not ${value}`, { parameter });
}

interface Network {
  readonly address: bigint;
  /** How many bits of it are fixed. */
  readonly length: number;
  readonly bits: 32 | 128;
}

function networkIn(text: string): Network {
  const [, host = "", length = ""] = /^([0-9a-fA-F:.]{2,45})\/([0-9]{1,3})$/.exec(text) ?? [];
  const bits = host.includes(":") ? 128 : 32;
  const address = bits === 32 ? fourPartAddress(host) : eightPartAddress(host);
  if (address === undefined || length === "" || Number(length) > bits) {
    throw new Unusable(`a network such as 10.0.0.0/8 is required, not "${text.slice(0, 60)}"`, { parameter: 0 });
  }
  const free = BigInt(bits - Number(length));
  return { address: (address >> free) << free, length: Number(length), bits };
}

function subnetOf(network: Network, more: number): Network {
  const length = network.length + more;
  if (more < 0 || length > network.bits)
    throw new Unusable("the network has not so many bits to give", { parameter: 1 });
  return { ...network, length };
}

function fourPartAddress(text: string): bigint | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || parts.some((part) => !/^(?:0|[1-9][0-9]{0,2})$/.test(part) || Number(part) > 255))
    return undefined;
  return parts.reduce((sum, part) => sum * 256n + BigInt(part), 0n);
}

function eightPartAddress(text: string): bigint | undefined {
  const url = URL.parse(`http://[${text}]/`);
  if (url === null) return undefined;
  const [head = "", tail] = url.hostname.slice(1, -1).split("::");
  const [front, back] = [parts(head), parts(tail ?? "")];
  const middle = Array<string>(tail === undefined ? 0 : 8 - front.length - back.length).fill("0");
  return [...front, ...middle, ...back].reduce((sum, part) => sum * 65536n + BigInt(`0x${part}`), 0n);
}

function parts(text: string): string[] {
  return text === "" ? [] : text.split(":");
}

function networkText({ address, length, bits }: Network): string {
  return `${addressText(address, bits)}/${length}`;
}

function addressText(address: bigint, bits: number): string {
  if (bits === 32) return [24n, 16n, 8n, 0n].map((shift) => String((address >> shift) & 255n)).join(".");
  const groups = Array.from({ length: 8 }, (_, at) => ((address >> BigInt(112 - at * 16)) & 65535n).toString(16));
  return URL.parse(`http://[${groups.join(":")}]/`)!.hostname.slice(1, -1);
}
