import { createGunzip, type Gunzip } from "node:zlib";

/**
 * What was packed, some pieces of a few kilobytes at a time: whoever takes no more is not ahead of by more than that.
 * Throws what `bytes` throws, and zlib's error for anything but whole gzip.
 */
export async function* gunzipped(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  const gunzip = createGunzip();
  const feeding = feed(bytes, gunzip).catch((error: Error) => void gunzip.destroy(error));
  try {
    yield* gunzip;
    await feeding;
  } finally {
    gunzip.destroy();
  }
}

async function feed(bytes: AsyncIterable<Uint8Array>, gunzip: Gunzip): Promise<void> {
  for await (const piece of bytes) {
    if (gunzip.destroyed) return;
    if (!gunzip.write(piece)) await takenUp(gunzip);
  }
  gunzip.end();
}

/** Resolves when there is room for more, or nobody wants it any more. */
function takenUp(gunzip: Gunzip): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      gunzip.off("drain", done).off("close", done);
      resolve();
    };
    gunzip.on("drain", done).on("close", done);
    if (gunzip.destroyed) done();
  });
}
