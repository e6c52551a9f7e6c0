import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { addExtension, Packr } from "msgpackr/pack";
import { dictionary } from "../base/index.ts";
import { knownFields, knownKinds, MOST_OWN_KINDS } from "./known-records.ts";
import { HeldIDs } from "./packed-ids.ts";
import { RecordReader, UnreadableRecord } from "./record-reader.ts";
import { RecordWriter } from "./record-writer.ts";
import { aJob, aNode, anAllocation, anEvaluation } from "./scripted-state.ts";

const options = { known: knownKinds, mostOwn: MOST_OWN_KINDS };
const [writer, reader] = [new RecordWriter(options), new RecordReader(knownKinds)];

function written(value: unknown): Buffer {
  writer.begin();
  writer.value(value);
  return writer.take();
}

function read(bytes: Uint8Array): unknown {
  reader.begin();
  return reader.read(bytes);
}

/** The one thing in what is written that other programs must be told of. */
addExtension({ type: 0x75, unpack: (bytes: Uint8Array) => new HeldIDs().read(bytes, 0) } as never);

/** Another program that packs records in the same way: what the logs of before were written with. */
function peer(): Packr {
  const structures = knownFields.map((fields) => Object.assign([...fields], { isShared: true }));
  return new Packr({
    structures: structures as never,
    maxSharedStructures: structures.length,
    maxOwnStructures: MOST_OWN_KINDS,
    useRecords: ((value: object) =>
      Object.getPrototypeOf(value) !== null &&
      !Object.hasOwn(value, "__proto__") &&
      !Object.hasOwn(value, "__keys__")) as never,
    variableMapSize: true,
    encodeUndefinedAsNil: true,
    useToJSON: false,
  });
}

/** What the other program has read, with dictionaries in place of its maps. */
function settled(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(settled);
  if (value instanceof Map) return dictionary([...value].map(([key, inner]) => [String(key), settled(inner)] as const));
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, settled(inner)]));
}

/** A value as text that tells dictionaries from records and the order of keys. */
function told(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(told).join()}]`;
  if (typeof value !== "object" || value === null) return Object.is(value, -0) ? "0" : String(JSON.stringify(value));
  const fields = Object.entries(value).map(([key, inner]) => `${JSON.stringify(key)}:${told(inner)}`);
  return `${Object.getPrototypeOf(value) === null ? "dictionary" : ""}{${fields.join()}}`;
}

const key = fc.oneof(
  fc.string(),
  fc.constantFrom(
    "__proto__",
    "__keys__",
    "constructor",
    "toJSON",
    "1",
    "ID",
    "Mode",
    "00112233-4455-6677-8899-aabbccddeeff",
  ),
);
const leaf = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string({ unit: "binary-ascii", maxLength: 80 }),
  fc.uuid(),
  fc.constantFrom("global", "default", "", "x".repeat(31), "x".repeat(32), "é".repeat(31), "x".repeat(300)),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.integer({ min: -70, max: 300 }),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
);
const anything = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: "small" },
    leaf,
    fc.array(tie("any"), { maxLength: 5 }),
    fc.array(fc.tuple(key, tie("any")), { maxLength: 5 }).map((pairs) => dictionary(pairs)),
    fc.array(fc.tuple(key, tie("any")), { maxLength: 5 }).map((pairs) => Object.fromEntries(pairs)),
    fc.tuple(fc.constantFrom(...knownFields), fc.tuple(tie("any"), leaf, leaf)).map(aRecord),
  ),
})).any;

function aRecord([fields, [first, ...others]]: [readonly string[], unknown[]]): object {
  return Object.fromEntries(fields.map((field, i) => [field, i === 0 ? first : others[i % 2]]));
}

/** An object with a field of its own for what every object has would be a dictionary when it is read. */
const hasNoPrototypeField = (value: unknown): boolean => !told(value).includes('"__proto__":');

test("what is written is read, whatever was written and read before", () => {
  fc.assert(
    fc.property(anything.filter(hasNoPrototypeField), (value) => {
      assert.equal(told(read(written(value))), told(value));
    }),
    { numRuns: 1000 },
  );
});

test("another program that packs records reads what is written", () => {
  fc.assert(
    fc.property(anything, (value) =>
      assert.equal(told(settled(peer().unpack(written(value)))), told(read(written(value)))),
    ),
    { numRuns: 1000 },
  );
});

test("what another program packed is read", () => {
  fc.assert(
    fc.property(anything, (value) => {
      const packed = peer().pack(value);
      assert.equal(told(read(packed)), told(settled(peer().unpack(packed))));
    }),
    { numRuns: 1000 },
  );
});

test("the rows of a state are written byte for byte as another program packs them", () => {
  for (const value of [aJob(), anEvaluation(), aNode(), anAllocation(), { Job: aJob(), Eval: anEvaluation() }]) {
    assert.deepEqual(written(value), Buffer.from(peer().pack(value)));
  }
});

test("numbers are read as they were written, at every width", () => {
  const edges = [0, 0x3f, 0x40, 0x7f, 0xff, 0x100, 0xffff, 0x10000, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53, 1e300];
  for (const edge of edges.flatMap((n) => [n, -n, n + 0.5, -1 - n])) {
    assert.equal(told(read(written(edge))), told(edge));
    assert.equal(told(read(peer().pack(edge))), told(edge));
  }
  for (const odd of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    assert.ok(Object.is(read(written(odd)), odd));
  }
});

test("a field is not taken for several, whatever its name", () => {
  for (const names of knownFields) {
    for (const name of [names.join(), names.join(" "), JSON.stringify(names)]) {
      assert.deepEqual(read(written([{ [name]: 1 }, 2])), [{ [name]: 1 }, 2]);
    }
  }
});

test("bytes are bytes also beside records whose fields have the numbers of theirs", () => {
  for (const length of [0, 1, 2]) {
    const bytes = new Uint8Array(length);
    assert.deepEqual(read(written([{ ...bytes }, bytes, { ...bytes }])), [{ ...bytes }, bytes, { ...bytes }]);
  }
});

test("what is written is nested no deeper than is read, and what is refused spoils nothing after it", () => {
  const nested = (deep: number): unknown => Array.from({ length: deep }).reduce((inner) => ({ inner: [inner] }), 1);
  const deepest = nested(250);
  assert.equal(told(read(written(deepest))), told(deepest));
  assert.throws(() => written(nested(251)), TypeError);
  assert.equal(told(read(written(deepest))), told(deepest));
});

test("bytes are read as a copy, and what has no place in a log is not written", () => {
  const bytes = written({ bytes: Uint8Array.of(1, 2, 3) });
  const copy = read(bytes) as { bytes: Uint8Array };
  bytes.fill(0);
  assert.deepEqual(copy.bytes, Uint8Array.of(1, 2, 3));
  assert.throws(() => written({ big: 1n }), TypeError);
  for (const odd of [() => 1, new Date(1), new Map(), new Set([1]), new Float64Array(1), /a/]) {
    assert.throws(() => written([{}, odd]), TypeError);
  }
  assert.equal(read(written(undefined)), null);
});

test("a kind that follows more of them than can be described at a time is read, and so are those of before", () => {
  const shapes = Array.from({ length: 200 }, (_, i) => ({ [`field${i % 90}`]: i, inner: [{ [`inner${i}`]: i }] }));
  assert.deepEqual(read(written(shapes)), shapes);
  assert.deepEqual(settled(peer().unpack(written(shapes))), shapes);
});

test("what was described in one message holds for the next only if it is a part of the same", () => {
  const both = new RecordWriter(options);
  both.value({ a: 1, b: 2 });
  const first = both.take();
  both.value({ a: 3, b: 4 });
  const second = both.take();
  assert.ok(second.length < first.length);
  reader.begin();
  assert.deepEqual(
    [reader.read(first), reader.read(second)],
    [
      { a: 1, b: 2 },
      { a: 3, b: 4 },
    ],
  );
  assert.throws(() => read(second), UnreadableRecord);
});

test("a short value that comes again is the same object, which nobody can change", () => {
  const policy = { Attempts: 2, Interval: 60e9, Delay: 15e9, Mode: "delay" };
  const [one, two] = read(written([policy, { ...policy }])) as (typeof policy)[];
  assert.equal(one, two);
  assert.equal(read(written(dictionary([["web", 1]]))), read(written(dictionary([["web", 1]]))));
  assert.equal(read(written(["dc1"])), read(written(["dc1"])));
  assert.throws(() => Object.assign(one!, { Attempts: 3 }), TypeError);
  assert.deepEqual(read(written(policy)), policy);
});

test("the same bytes are another value where they are of another kind, or speak of one", () => {
  const [first, second] = [written([{ a: [{ b: 1 }] }]), written([{ a: [{ c: 1 }] }])];
  for (let i = 0; i < 3; i++) {
    assert.deepEqual([read(first), read(second)], [[{ a: [{ b: 1 }] }], [{ a: [{ c: 1 }] }]]);
  }
  const policies = [
    { Attempts: 1, Interval: 2, Delay: 3, Mode: "4" },
    { x: 1, y: 2, z: 3, w: "4" },
  ];
  for (const policy of [...policies, ...policies]) assert.deepEqual(read(written([policy])), [policy]);
});

test("texts that are alike are told apart, and bytes that are no text are read alike by everybody", () => {
  const texts = Array.from({ length: 5000 }, (_, i) => [`job-${i}`, `${i}-group`, `same${i}ending`, `é${i}`]).flat();
  assert.deepEqual(read(written(texts)), texts);
  const [accented, broken] = [written("é"), Buffer.of(0xa1, 0xe9)];
  assert.equal(read(accented), "é");
  assert.equal(read(broken), "\ufffd");
  assert.equal(new RecordReader([]).read(broken), read(broken));
  assert.equal(read(written("\ud800")), "\ufffd");
});

test("bytes that are no value are refused, wherever they are cut or changed", () => {
  const whole = written({ Job: aJob(), Evals: [anEvaluation()], own: { a: [1.5, "text", null] } });
  for (let length = 0; length < whole.length; length++) {
    assert.throws(() => read(whole.subarray(0, length)), UnreadableRecord);
  }
  for (let at = 0; at < whole.length; at++) {
    const changed = Buffer.from(whole);
    for (const byte of [0xc1, 0xd4, 0xdf, 0xdd, 0x7f]) {
      changed[at] = byte;
      try {
        read(changed);
      } catch (error) {
        assert.ok(error instanceof UnreadableRecord);
      }
    }
  }
  assert.deepEqual(read(whole), { Job: aJob(), Evals: [anEvaluation()], own: { a: [1.5, "text", null] } });
  const bad = [
    "d472409101",
    "d47240a0",
    "d47240a95f5f70726f746f5f5f01",
    "d4724091a95f5f70726f746f5f5f01",
    "5f",
    "c1",
    "0101",
  ];
  for (const hex of bad) assert.throws(() => read(Buffer.from(hex, "hex")), UnreadableRecord, hex);
});

test("what is said to be exact is read as it was given, to the last", () => {
  fc.assert(
    fc.property(anything, (given) => {
      const bytes = written(given);
      if (writer.isExact) assert.deepStrictEqual(read(bytes), given);
    }),
  );
  const exact = (given: unknown) => written([given]) && writer.isExact;
  assert.ok([aJob(), aNode(), anAllocation(), anEvaluation(), dictionary([["__proto__", "é"]]), 0, null].every(exact));
  const inexact = [undefined, -0, "\ud800", `${"a".repeat(70)}\udfff`, Uint8Array.of(1), JSON.parse('{"__proto__":1}')];
  assert.equal(inexact.some(exact), false);
});
