import type { Node } from "./node.ts";
import { poolOf } from "./node-target.ts";

const offset = 0xcbf29ce484222325n;
const prime = 0x100000001b3n;

/**
 * A name for all nodes that are alike to a scheduler: same datacenter, class, pool, attributes and meta, except what is
 * unique to a node (keys beginning `unique.`). What is found out about one node of a class holds for all of them.
 * It is FNV-1 of 64 bits over the fields, combined by XOR, so that their order does not matter; each value is hashed
 * together with its key, for otherwise two nodes that have each other's values would be of one class.
 */
export function computedClass(
  node: Pick<Node, "Datacenter" | "NodeClass" | "NodePool" | "Attributes" | "Meta">,
): string {
  const hash =
    hashText("Node") ^
    hashField("Datacenter", hashText(node.Datacenter)) ^
    hashField("Attributes", hashMap(node.Attributes)) ^
    hashField("Meta", hashMap(node.Meta)) ^
    hashField("NodeClass", hashText(node.NodeClass)) ^
    hashField("NodePool", hashText(poolOf(node)));
  return `v1:${hash}`;
}

function hashField(name: string, value: bigint): bigint {
  const bytes = Buffer.alloc(16);
  bytes.writeBigUInt64LE(hashText(name), 0);
  bytes.writeBigUInt64LE(value, 8);
  return hashBytes(bytes);
}

function hashMap(map: Readonly<Record<string, string>>): bigint {
  return Object.entries(map)
    .filter(([key]) => !key.startsWith("unique."))
    .reduce((hash, [key, value]) => hash ^ hashField(key, hashText(value)), 0n);
}

function hashText(text: string): bigint {
  return hashBytes(Buffer.from(text, "utf8"));
}

/** FNV-1: multiply, then XOR. */
function hashBytes(bytes: Uint8Array): bigint {
  let hash = offset;
  for (const byte of bytes) hash = BigInt.asUintN(64, hash * prime) ^ BigInt(byte);
  return hash;
}
