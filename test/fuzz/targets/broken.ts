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
