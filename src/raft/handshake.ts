import { BinaryReader, BinaryWriter, MalformedBytes } from "./binary.ts";
import type { ServerID } from "./core/membership.ts";
import { WIRE_VERSION } from "./wire.ts";

/** What a server says first on a connection that it opens. */
export interface Introduction {
  readonly from: ServerID;
  /** Where `from` says that it can be reached, `host:port`. */
  readonly address: string;
  /** Whom it means to speak to: an address may have passed to another server. */
  readonly to: ServerID;
}

export const MAX_INTRODUCTION_BYTES = 4096;

export function encodeIntroduction({ from, address, to }: Introduction): Buffer {
  return new BinaryWriter().byte(WIRE_VERSION).text(from).text(address).text(to).take();
}

/** Throws `MalformedBytes`, also for another version. */
export function decodeIntroduction(bytes: Uint8Array): Introduction {
  const reader = new BinaryReader(bytes);
  const version = reader.byte();
  if (version !== WIRE_VERSION) throw new MalformedBytes(`Expected version ${WIRE_VERSION}, found ${version}`);
  const introduction = { from: reader.text(), address: reader.text(), to: reader.text() };
  reader.end();
  return introduction;
}
