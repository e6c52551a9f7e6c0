const headerBytes = 8;

/** A piece of output as the engine sends it: kind of stream, three zeroes, length in four bytes, and the content. */
export interface Frame {
  readonly content: Uint8Array;
  /** With its head. */
  readonly bytes: number;
}

/** The first frame of `bytes`; undefined when it is not whole. */
export function takeFrame(bytes: Uint8Array): Frame | undefined {
  if (bytes.length < headerBytes) return undefined;
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(4);
  if (bytes.length < headerBytes + length) return undefined;
  return { content: bytes.subarray(headerBytes, headerBytes + length), bytes: headerBytes + length };
}
