import assert from "node:assert/strict";
import { dictionary } from "../../../src/base/index.ts";
import { decodeFirstMsgpack, encodeMsgpack, InvalidMsgpack } from "../../../src/wire/index.ts";
import { MsgpackScanner } from "../../../src/wire/msgpack-scanner.ts";
import type { Target } from "../target.ts";

const samples = [
  encodeMsgpack({ ServiceMethod: "Node.GetClientAllocs", Seq: 70_000 }),
  encodeMsgpack({ Node: { ID: "a".repeat(40), Meta: dictionary([["k", "v"]]), Drain: false, Load: [0.5, -3] } }),
  encodeMsgpack([null, true, -1, -200, -70_000, 300, 70_000, 2 ** 40, 1.5, "é", "x".repeat(40), [[[[]]]]]),
  Buffer.from("cb3ff8000000000000", "hex"),
  Buffer.from("d90161c40161ca3f800000d3ffffffffffffff00", "hex"),
];

/** What the decoder takes, the scanner finds the end of, wherever the stream is cut. */
export const msgpack: Target = {
  name: "msgpack",
  samples,
  refusals: [InvalidMsgpack],
  feed(input, random) {
    const found = readable(() => decodeFirstMsgpack(input));
    const scanner = new MsgpackScanner();
    const cut = random.below(input.length + 1);
    const end = readable(() => {
      const first = scanner.scan(input.subarray(0, cut));
      if (first !== undefined) return first;
      const second = scanner.scan(input.subarray(cut));
      return second === undefined ? undefined : cut + second;
    });
    if (found !== undefined) assert.equal(end, found.end);
  },
};

function readable<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof InvalidMsgpack) return undefined;
    throw error;
  }
}
