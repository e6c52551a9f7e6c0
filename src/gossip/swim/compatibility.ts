import type { NodeDescription, Versions } from "../wire/swim-messages.ts";

/**
 * Whether members can speak with each other: the current versions of each must lie in the range that all understand.
 * The first who does not fit, in memberlist's words; undefined when all do.
 */
export function incompatibility(nodes: readonly NodeDescription[]): string | undefined {
  const protocol = commonRange(nodes, ({ protocolMin, protocolMax }) => [protocolMin, protocolMax]);
  const delegate = commonRange(nodes, ({ delegateMin, delegateMax }) => [delegateMin, delegateMax]);
  for (const { name, versions } of nodes) {
    const { protocolCurrent, delegateCurrent } = versions;
    if (!isWithin(protocolCurrent, protocol)) {
      return `Node '${name}' protocol version (${protocolCurrent}) is incompatible: [${protocol.join(", ")}]`;
    }
    if (!isWithin(delegateCurrent, delegate)) {
      return `Node '${name}' delegate protocol version (${delegateCurrent}) is incompatible: [${delegate.join(", ")}]`;
    }
  }
  return undefined;
}

type Range = readonly [min: number, max: number];

function commonRange(nodes: readonly NodeDescription[], rangeOf: (versions: Versions) => Range): Range {
  const ranges = nodes.map(({ versions }) => rangeOf(versions));
  return [Math.max(...ranges.map(([min]) => min)), Math.min(...ranges.map(([, max]) => max))];
}

function isWithin(version: number, [min, max]: Range): boolean {
  return version >= min && version <= max;
}
