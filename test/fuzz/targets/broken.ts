import type { Target } from "../target.ts";

const samples = [Buffer.from("abc")];

export const throwing: Target = {
  name: "one that throws",
  samples,
  refusals: [SyntaxError],
  feed(input) {
    if (input[0] === 0xff) throw new TypeError("first byte");
    throw new SyntaxError("a refusal");
  },
};

export const hanging: Target = {
  name: "one that hangs",
  samples,
  refusals: [],
  feed(input) {
    while (input[0] === 0xff);
  },
};

/** It comes to an end, but has kept the processor for more than a second. */
export const dawdling: Target = {
  name: "one that dawdles",
  samples,
  refusals: [],
  feed(input) {
    if (input[0] !== 0xff) return;
    const before = process.threadCpuUsage();
    for (let used = 0; used < 1_100_000; ) {
      const { user, system } = process.threadCpuUsage(before);
      used = user + system;
    }
  },
};
