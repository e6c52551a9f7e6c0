import { link, open, rm } from "node:fs/promises";

/** Writes the pieces to a file beside it, which gets its name only when it is whole and on disk. */
export async function saveFile(path: string, pieces: AsyncIterable<Uint8Array>, mode: number): Promise<void> {
  const unfinished = `${path}.unfinished`;
  await rm(unfinished, { force: true });
  const file = await open(unfinished, "wx", mode);
  try {
    for await (const piece of pieces) await file.writeFile(piece);
    await file.sync();
    // Unlike a renaming, this takes nothing away that has come to be there meanwhile.
    await link(unfinished, path);
  } finally {
    await file.close();
    await rm(unfinished, { force: true });
  }
}
