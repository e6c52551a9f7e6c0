import { access, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { UserFiles } from "../environment.ts";

/** Files of the user that are changed in place, so that links and rights stay as they are. */
export const userFiles: UserFiles = {
  exists: (path) =>
    access(path).then(
      () => true,
      () => false,
    ),
  read: (path) =>
    readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw error;
    }),
  write: async (path, text) => {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  },
  remove: (path) => rm(path),
};
