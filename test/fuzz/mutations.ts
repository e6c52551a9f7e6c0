import type { Random } from "../../src/base/index.ts";

/** Bytes that mean something to the formats here: heads of msgpack and yamux, brackets, quotes, lengths at their limits. */
const telling = Buffer.from(
  "00017f80818f90919fa0a1bfc0c1c2c4c6c7cacbcccdcecfd0d3d9dadbdcdddedfe0ff5b5d7b7d22275c2c3a2d2e0a",
  "hex",
);
/** Numbers at limits, as they stand in lengths and counts. */
const limits = ["ff", "ffff", "7fff", "ffffffff", "7fffffff", "80000000", "ffffffffffffffff", "8000000000000000"].map(
  (hex) => Buffer.from(hex, "hex"),
);
const longest = 4096;

/**
 * An input that a decoder may not have been written for: a good one with bytes changed, inserted, cut, doubled or
 * put together with another, or plain noise. Now and then it is a good one, so that states behind it are reached.
 */
export function damaged(samples: readonly Uint8Array[], random: Random): Buffer {
  if (random.below(16) === 0) return noise(random);
  let bytes: Buffer = Buffer.from(samples[random.below(samples.length)] as Uint8Array);
  for (let change = random.below(5); change > 0; change--) bytes = changed(bytes, samples, random);
  return bytes.length > longest ? bytes.subarray(0, longest) : bytes;
}

function noise(random: Random): Buffer {
  const bytes = Buffer.alloc(random.below(64));
  for (let at = 0; at < bytes.length; at++) bytes[at] = anyByte(random);
  return bytes;
}

function anyByte(random: Random): number {
  return random.below(2) === 0 ? (telling[random.below(telling.length)] as number) : random.below(256);
}

function changed(bytes: Buffer, samples: readonly Uint8Array[], random: Random): Buffer {
  const at = random.below(bytes.length + 1);
  const length = 1 + random.below(random.below(4) === 0 ? bytes.length + 1 : 8);
  switch (random.below(9)) {
    case 0:
    case 1:
      if (at < bytes.length) bytes[at] = anyByte(random);
      return bytes;
    case 2:
      if (at < bytes.length) bytes[at] = (bytes[at] as number) ^ (1 << random.below(8));
      return bytes;
    case 3:
      (limits[random.below(limits.length)] as Buffer).copy(bytes, at);
      return bytes;
    case 4:
      return Buffer.concat([bytes.subarray(0, at), Buffer.from([anyByte(random)]), bytes.subarray(at)]);
    case 5:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
    case 6:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.max(0, at - length))]);
    case 7:
      return bytes.subarray(0, at);
    default: {
      const other = samples[random.below(samples.length)] as Uint8Array;
      return Buffer.concat([bytes.subarray(0, at), other.subarray(random.below(other.length + 1))]);
    }
  }
}

const oddValues: readonly unknown[] = [
  null,
  0,
  -1,
  1,
  2 ** 31,
  2 ** 53,
  -(2 ** 63),
  1e300,
  0.5,
  true,
  false,
  "",
  "x",
  "\u0000",
  "..",
  "__proto__",
  "constructor",
  "a".repeat(300),
  "\ud800",
  [],
  {},
  [null],
  [[]],
  { ID: null },
];

/** A copy of `value` with a few places in it, at any depth, replaced by what does not belong there, or left out. */
export function misshapen(value: unknown, random: Random): unknown {
  let result = value;
  for (let change = random.below(4); change > 0; change--) result = replaced(result, random);
  return result;
}

function replaced(value: unknown, random: Random): unknown {
  const isLeaf = typeof value !== "object" || value === null || value instanceof Uint8Array;
  if (isLeaf || random.below(6) === 0) return oddValues[random.below(oddValues.length)];
  if (Array.isArray(value)) {
    const copy = [...value];
    const at = random.below(copy.length + 1);
    copy[at] = replaced(copy[at], random);
    return copy;
  }
  const entries = Object.entries(value);
  const at = random.below(entries.length + 1);
  const entry = entries[at];
  if (entry === undefined)
    return Object.fromEntries([...entries, ["__proto__", oddValues[random.below(oddValues.length)]]]);
  if (random.below(8) === 0) return Object.fromEntries(entries.filter((_, place) => place !== at));
  return Object.fromEntries(entries.with(at, [entry[0], replaced(entry[1], random)]));
}
