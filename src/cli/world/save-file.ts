import { link, open, realpath, rename, rm, stat, writeFile } from "node:fs/promises";

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

/** Puts another text into a file that exists, by a file beside it that takes its place. A link stays one. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const real = await realpath(path);
  const { mode } = await stat(real);
  const unfinished = `${real}.unfinished`;
  await rm(unfinished, { force: true });
  const file = await open(unfinished, "wx", mode);
  try {
    await file.writeFile(text);
    await file.chmod(mode);
    await file.sync();
    await rename(unfinished, real);
  } finally {
    await file.close();
    await rm(unfinished, { force: true });
  }
}

/** Makes a file that must not be there yet. */
export function createFile(path: string, text: string, mode: number): Promise<void> {
  return writeFile(path, text, { flag: "wx", mode });
}
