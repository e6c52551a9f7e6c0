import type { Random } from "../../src/base/index.ts";

/** A decoder of bytes that others have made, and how it may refuse them. */
export interface Target {
  readonly name: string;
  /** Good inputs, from which bad ones are made. */
  readonly samples: readonly Uint8Array[];
  /** The errors by which it says that an input is bad; any other is a bug. */
  readonly refusals: readonly { readonly prototype: Error }[];
  /** Has an input decoded. Throws or rejects as the decoder does; also when a promise of its own is broken. */
  feed(input: Buffer, random: Random): void | Promise<void>;
}
