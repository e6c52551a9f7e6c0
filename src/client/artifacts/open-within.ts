import { join } from "node:path/posix";
import type { Disk, OpenFile } from "../../runtime/index.ts";
import { refusal } from "./artifact-error.ts";

/**
 * Opens the directory `name` of one that is open, and makes it first where it is missing and `make` gives a mode. It is
 * the directory itself, not one that a link leads to, whoever changes what meanwhile. Throws `ArtifactError`.
 */
export async function openWithin(
  disk: Disk,
  parent: OpenFile,
  name: string,
  make?: { readonly mode: number },
): Promise<OpenFile> {
  const path = join(parent.lastingPath, name);
  if (make !== undefined) await disk.makeDirectory(path, make.mode);
  const directory = await disk.open(path, "read");
  try {
    const real = await directory.realPath();
    if ((await directory.status()).isDirectory && real === join(await parent.realPath(), name)) return directory;
  } catch (error) {
    await directory.close();
    throw error;
  }
  await directory.close();
  throw refusal(`${JSON.stringify(name)} is not a directory, or a link leads elsewhere`);
}

/** Opens the directory at a path of plain names below one that is open, as `openWithin` does each. */
export async function openPathWithin(
  disk: Disk,
  base: OpenFile,
  path: string,
  make?: { readonly mode: number },
): Promise<OpenFile> {
  let current = base;
  for (const name of path.split("/").filter((each) => each !== "" && each !== ".")) {
    const next = await openWithin(disk, current, name, make).finally(() =>
      current === base ? undefined : current.close(),
    );
    current = next;
  }
  return current === base ? disk.open(base.lastingPath, "read") : current;
}
