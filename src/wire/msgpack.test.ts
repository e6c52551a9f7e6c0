import assert from "node:assert";
import { test } from "node:test";
import fc from "fast-check";
import { dictionary } from "../base/index.ts";
import { decodeFirstMsgpack, decodeMsgpack, MsgpackReader } from "./msgpack-decoder.ts";
import { encodeMsgpack, type PackedMap } from "./msgpack-encoder.ts";
import { endOfMsgpack } from "./msgpack-end.ts";
import { InvalidMsgpack, longestMsgpack, UnwritableMsgpack } from "./msgpack-format.ts";
import { MsgpackScanner } from "./msgpack-scanner.ts";
import { PackedPairs } from "./packed-pairs.ts";

const hex = (value: unknown) => Buffer.from(encodeMsgpack(value)).toString("hex");
const bytesOf = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");
const read = (text: string) => decodeMsgpack(bytesOf(text));

test("a request's header is written as a Go peer writes it", () => {
  const seq = Buffer.from("Seq").toString("hex");
  const method = Buffer.from("ServiceMethod").toString("hex");
  const ping = Buffer.from("Status.Ping").toString("hex");
  assert.equal(hex({ ServiceMethod: "Status.Ping", Seq: 1 }), `82a3${seq}01ad${method}ab${ping}`);
  assert.equal(hex({}), "80");
});

test("the set of Raft peers is written as the real one writes it", () => {
  assert.equal(hex(["127.0.0.1:38147"]), `91af${Buffer.from("127.0.0.1:38147").toString("hex")}`);
});

test("integers take the fewest bytes, positive ones as unsigned", () => {
  const forms: [number | bigint, string][] = [
    [0, "00"],
    [-0, "00"],
    [127, "7f"],
    [128, "cc80"],
    [255, "ccff"],
    [256, "cd0100"],
    [65_535, "cdffff"],
    [65_536, "ce00010000"],
    [4_294_967_295, "ceffffffff"],
    [4_294_967_296, "cf0000000100000000"],
    [-1, "ff"],
    [-32, "e0"],
    [-33, "d0df"],
    [-128, "d080"],
    [-129, "d1ff7f"],
    [-32_768, "d18000"],
    [-32_769, "d2ffff7fff"],
    [-2_147_483_648, "d280000000"],
    [-2_147_483_649, "d3ffffffff7fffffff"],
    [2 ** 63, "cf8000000000000000"],
    [18_446_744_073_709_551_615n, "cfffffffffffffffff"],
    [-9_223_372_036_854_775_808n, "d38000000000000000"],
  ];
  for (const [value, written] of forms) {
    assert.equal(hex(value), written, String(value));
    assert.equal(read(written), Number(value), written);
  }
});

test("an instant above 2^53 is written as the very integer that the double holds", () => {
  const instant = Number(1_795_342_749_549_434_453n);
  assert.equal(hex(instant), `cf${BigInt(instant).toString(16).padStart(16, "0")}`);
  assert.equal(read(hex(instant)), instant);
});

test("strings and bytes are raw, never the newer types", () => {
  assert.equal(hex("a".repeat(31)), `bf${"61".repeat(31)}`);
  assert.equal(hex("a".repeat(32)), `da0020${"61".repeat(32)}`);
  assert.equal(hex("a".repeat(65_536)).slice(0, 10), "db00010000");
  assert.equal(hex(Uint8Array.of(1, 2)), "a20102");
  assert.equal(hex("é"), "a2c3a9");
  assert.equal(hex("\ud800"), "a3efbfbd");
});

test("strings are read from old and new types", () => {
  for (const form of ["a26869", "d9026869", "da00026869", "db000000026869", "c4026869", "c500026869", "c6000000026869"])
    assert.equal(read(form), "hi", form);
});

test("fields that are said to be binary are read as bytes, also in a list", () => {
  const read = (value: unknown) => decodeMsgpack(encodeMsgpack(value), { binary: new Set(["Addr", "Filters"]) });
  assert.deepEqual(read({ Addr: Uint8Array.of(127, 0, 0, 255), Name: "a" }), {
    Addr: Uint8Array.of(127, 0, 0, 255),
    Name: "a",
  });
  assert.deepEqual(read({ Filters: [Uint8Array.of(255)] }), { Filters: [Uint8Array.of(255)] });
});

test("fields of a struct are sorted and left out when undefined, keys of a dictionary keep their order", () => {
  assert.equal(hex({ b: 1, B: 2, a: undefined }), "82a14202a16201");
  const many = (count: number) =>
    Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`k${at}`, at < count ? at : undefined]));
  for (const count of [0, 15, 16, 20]) {
    const present = Object.fromEntries(Object.entries(many(count)).filter(([, value]) => value !== undefined));
    assert.equal(hex([many(count), "after"]), hex([present, "after"]));
    assert.equal(hex([dictionary(Object.entries(many(count))), 1]), hex([dictionary(Object.entries(present)), 1]));
  }
  assert.equal(
    hex(
      dictionary([
        ["b", 1],
        ["a", 2],
      ]),
    ),
    "82a16201a16102",
  );
});

test("a field that is left out costs nothing of what stands before it, wherever the writer's room ends", () => {
  for (let length = 480; length < 520; length++) {
    const before = "x".repeat(length);
    assert.equal(hex([before, { a: 1, b: undefined }]), hex([before, { a: 1 }]), String(length));
  }
});

test("structs whose shapes look alike are told apart", () => {
  assert.equal(hex({ x: 1, p: 2, z: 3 }), "83a17002a17801a17a03");
  assert.equal(hex({ x: 1, q: 2, z: 3 }), "83a17102a17801a17a03");
});

test("packed pairs are written as the dictionary of them, and a map of them stays as it is when more come", () => {
  const pairs = new PackedPairs();
  const taken: [packed: PackedMap, same: object][] = [];
  for (let count = 0; count <= 300; count++) {
    const numbers = Array.from({ length: count }, (_, at) => [`${"é".repeat(at % 3)}${"-".repeat(at)}`, at] as const);
    taken.push([pairs.map(), dictionary(numbers)]);
    pairs.add(`${"é".repeat(count % 3)}${"-".repeat(count)}`, count);
  }
  const begun = new PackedPairs(["a", 1, "b", 2]);
  begun.add("c", 3);
  taken.push([begun.map(), dictionary(Object.entries({ a: 1, b: 2, c: 3 }))]);
  for (const [Packed, same] of taken) assert.deepEqual(encodeMsgpack({ Packed }), encodeMsgpack({ Packed: same }));
});

test("nil, booleans, fractions, and long lists and maps", () => {
  assert.equal(hex([null, undefined, true, false, 0.5]), "95c0c0c3c2cb3fe0000000000000");
  assert.equal(hex(Array(16).fill(0)), `dc0010${"00".repeat(16)}`);
  assert.equal(hex(Array(65_536).fill(0)).slice(0, 10), "dd00010000");
  const many = dictionary(Array.from({ length: 16 }, (_, at) => [`k${at}`, 0]));
  assert.equal(hex(many).slice(0, 6), "de0010");
  assert.equal(read("ca3f000000"), 0.5);
});

test("what cannot be said is refused", () => {
  const endless: unknown[] = [];
  endless.push(endless);
  const bad = [Number.NaN, Number.POSITIVE_INFINITY, 2 ** 64, -(2 ** 64), () => 1, Symbol("s"), endless];
  for (const value of bad) assert.throws(() => encodeMsgpack({ value }), UnwritableMsgpack, String(typeof value));
  const chunk = "x".repeat(1 << 20);
  assert.throws(() => encodeMsgpack(Array(65).fill(chunk)), /longer than 67108864 bytes/);
});

const jsonLike = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom(null, true, false),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).filter((each) => Math.abs(each) < 2 ** 63),
    fc.string({ unit: "grapheme" }),
    fc.array(tie("value")),
    fc.dictionary(fc.string(), tie("value"), { noNullPrototype: false }),
  ),
})).value;

test("what is written is read back, and its end is found however it is cut", () => {
  fc.assert(
    fc.property(jsonLike, fc.infiniteStream(fc.integer({ min: 1, max: 9 })), (value, cuts) => {
      const bytes = encodeMsgpack(value);
      assert.deepEqual(plain(decodeMsgpack(bytes)), plain(value));
      assert.equal(scanned(Buffer.concat([bytes, bytes]), cuts), bytes.length);
      const slowly = new MsgpackReader(bytes);
      while (!slowly.advance(1));
      assert.deepEqual(plain(slowly.value), plain(value));
    }),
    { numRuns: 300 },
  );
});

test("every cut of a message is refused, and a byte after it", () => {
  const bytes = encodeMsgpack({ Name: "web", List: [1, 300, -70_000, 0.25, "é", null], Map: dictionary([["a", "b"]]) });
  for (let length = 0; length < bytes.length; length++) {
    assert.throws(() => decodeMsgpack(bytes.subarray(0, length)), InvalidMsgpack, String(length));
    assert.equal(new MsgpackScanner().scan(bytes.subarray(0, length)), undefined);
  }
  const more = Buffer.concat([bytes, Uint8Array.of(0)]);
  assert.throws(() => decodeMsgpack(more), { message: "Cannot read msgpack: 1 bytes after the value" });
  assert.equal(decodeFirstMsgpack(more).end, bytes.length);
});

test("hostile messages are refused by name, before anything is made of them", () => {
  const bad: Record<string, RegExp> = {
    c1: /type 0xc1/,
    c70100: /type 0xc7/,
    d40100: /type 0xd4/,
    ddffffffff: /array of 4294967295 in 0 bytes/,
    "ddffffffff 00": /array of 4294967295 in 1 bytes/,
    dfffffffff: /map of 4294967295/,
    "dbffffffff 61": /cut off/,
    "8101 01": /key is not a string/,
    "81c0 01": /key is not a string/,
    "82 a161 01 a161 02": /key "a" comes twice/,
    cb7ff8000000000000: /not finite/,
    cb7ff0000000000000: /not finite/,
    ca7fc00000: /not finite/,
    a1ff: /not UTF-8/,
    a3eda080: /not UTF-8/,
    "81 a1ff 01": /not UTF-8/,
  };
  for (const [text, message] of Object.entries(bad)) {
    assert.throws(() => read(text), { name: "InvalidMsgpack", message }, text);
  }
});

test("depth is bounded, and the bound is not reached by a stack overflow", () => {
  const nested = (depth: number) => Buffer.concat([Buffer.alloc(depth - 1, 0x91), Uint8Array.of(0x90)]);
  assert.doesNotThrow(() => decodeMsgpack(nested(64)));
  assert.throws(() => decodeMsgpack(nested(65)), /maximum decoding depth/);
  assert.throws(() => decodeMsgpack(nested(5_000_000)), /maximum decoding depth/);
  assert.equal(new MsgpackScanner().scan(nested(64)), 64);
  assert.throws(() => new MsgpackScanner().scan(nested(5_000_000)), /maximum decoding depth/);
});

test("a message of empty maps without end is refused before it fills the memory", () => {
  const maps = Buffer.concat([bytesOf("dd 01 d0 00 00"), Buffer.alloc(0x1d00000, 0x80)]);
  assert.throws(() => decodeMsgpack(maps), /takes too much memory/);
});

test("the scanner refuses what is longer than it may be, as soon as that is said", () => {
  assert.throws(() => new MsgpackScanner(100).scan(bytesOf("da0064")), /longer than 100 bytes/);
  assert.throws(() => new MsgpackScanner(100).scan(bytesOf("dc0065")), /longer than 100 bytes/);
  assert.throws(() => new MsgpackScanner(100).scan(bytesOf("dfffffffff")), /longer than 100 bytes/);
  assert.throws(() => new MsgpackScanner(100).scan(Buffer.alloc(200, 0x91)), InvalidMsgpack);
  assert.throws(() => decodeMsgpack(Buffer.alloc(longestMsgpack + 1)), /longer than 67108864 bytes/);
});

test("a message that has come whole is found to its end at once, and nothing else is", () => {
  const messages = [null, "", "x".repeat(300), [1, [2, -300, 0.5]], { Name: "a", Words: Array(20).fill("é") }, 2 ** 40];
  for (const message of messages) {
    const bytes = encodeMsgpack(message);
    assert.equal(endOfMsgpack(Buffer.concat([bytes, bytes]), longestMsgpack), bytes.length);
    for (let cut = 0; cut < bytes.length; cut++) {
      assert.equal(endOfMsgpack(bytes.subarray(0, cut), longestMsgpack), undefined);
    }
    assert.equal(endOfMsgpack(bytes, bytes.length), bytes.length);
    assert.equal(endOfMsgpack(bytes, bytes.length - 1), undefined);
  }
  assert.equal(endOfMsgpack(bytesOf("c1"), longestMsgpack), undefined);
  assert.equal(endOfMsgpack(bytesOf("dfffffffff00"), longestMsgpack), undefined);
});

test("short texts that are read again are themselves, also when others come between or are not plain", () => {
  const words = ["", "running", "runninh", "é", "Started", "a".repeat(16), "a".repeat(17), "\u0000"];
  for (let turn = 0; turn < 3; turn++) {
    for (const word of words) assert.equal(decodeMsgpack(encodeMsgpack(word)), word);
  }
  for (let number = 0; number < 5_000; number++) assert.equal(decodeMsgpack(encodeMsgpack(`n${number}`)), `n${number}`);
});

test("every key is data", () => {
  const value = decodeMsgpack(encodeMsgpack(dictionary([["__proto__", dictionary([["polluted", 1]])]]))) as object;
  assert.equal(Object.getPrototypeOf(value), null);
  assert.deepEqual(Object.keys(value), ["__proto__"]);
  assert.equal(({} as { polluted?: number }).polluted, undefined);
});

test("100,000 random messages give a value or InvalidMsgpack, and the scanner agrees where they end", () => {
  const fuzz = new Fuzz(20_161_122);
  for (let round = 0; round < 100_000; round++) tryOut(fuzz.message());
});

/** A value or `InvalidMsgpack`; what was read can be written, and reads the same; the scanner finds the same end. */
function tryOut(bytes: Uint8Array): void {
  let first: { readonly value: unknown; readonly end: number } | undefined;
  try {
    first = decodeFirstMsgpack(bytes);
  } catch (error) {
    if (!(error instanceof InvalidMsgpack)) throw error;
  }
  let end: number | undefined;
  try {
    end = new MsgpackScanner().scan(bytes);
  } catch (error) {
    if (!(error instanceof InvalidMsgpack) || first !== undefined) throw error;
  }
  const quickEnd = endOfMsgpack(bytes, longestMsgpack);
  assert.ok(quickEnd === end || (quickEnd !== undefined && end === undefined && first === undefined));
  if (first === undefined) return;
  assert.equal(end, first.end);
  if (hasHugeInteger(first.value)) return;
  assert.deepEqual(decodeMsgpack(encodeMsgpack(first.value)), first.value);
}

/** Rounded to a double, the largest 64-bit integers do not fit into 64 bits any more. */
function hasHugeInteger(value: unknown): boolean {
  if (typeof value === "number") return Math.abs(value) >= 2 ** 63 || Object.is(value, -0);
  return value !== null && typeof value === "object" && Object.values(value).some(hasHugeInteger);
}

/** Cheap random messages: random bytes of likely types, and good messages with a few bytes changed. */
class Fuzz {
  #state: number;
  readonly #good: readonly Uint8Array[] = [
    encodeMsgpack({ ServiceMethod: "Node.GetClientAllocs", Seq: 70_000 }),
    encodeMsgpack({ Error: "", Seq: 1, ServiceMethod: "Status.Ping" }),
    encodeMsgpack({ Node: { ID: "a".repeat(40), Meta: dictionary([["k", "v"]]), Drain: false, Load: [0.5, -3] } }),
  ];

  constructor(seed: number) {
    this.#state = seed;
  }

  message(): Uint8Array {
    return this.#below(2) === 0 ? this.#random() : this.#damaged();
  }

  #random(): Uint8Array {
    const bytes = new Uint8Array(this.#below(24));
    for (let at = 0; at < bytes.length; at++) {
      bytes[at] = this.#below(3) === 0 ? 0x80 + this.#below(0x40) : this.#below(256);
    }
    return bytes;
  }

  #damaged(): Uint8Array {
    const bytes = Uint8Array.from(this.#good[this.#below(this.#good.length)] as Uint8Array);
    for (let times = 1 + this.#below(3); times > 0; times--) bytes[this.#below(bytes.length)] = this.#below(256);
    return bytes.subarray(0, bytes.length - (this.#below(4) === 0 ? this.#below(bytes.length) : 0));
  }

  #below(below: number): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) | 0;
    return Math.floor(((this.#state >>> 0) / 0x1_0000_0000) * below);
  }
}

function scanned(bytes: Uint8Array, cuts: Iterator<number>): number | undefined {
  const scanner = new MsgpackScanner();
  for (let at = 0; at < bytes.length; ) {
    const chunk = bytes.subarray(at, at + (cuts.next().value as number));
    const end = scanner.scan(chunk);
    if (end !== undefined) return at + end;
    at += chunk.length;
  }
  return undefined;
}

/** With ordinary prototypes, and without the sign of zero, for comparing. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
