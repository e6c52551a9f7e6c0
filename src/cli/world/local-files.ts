import { readdirSync, readFileSync, statSync } from "node:fs";
import type { LocalFiles } from "../environment.ts";

/** Longer files are not part of a job. */
const longestFile = 4 * 1024 * 1024;

/** The files of this machine, as job files see them. */
export const localFiles: LocalFiles = {
  kind: (path) => {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) return undefined;
    if (found.isFile()) return "file";
    return found.isDirectory() ? "directory" : "other";
  },
  read: (path) => {
    const { size } = statSync(path);
    if (size > longestFile) throw new Error(`it is longer than ${longestFile} bytes`);
    return readFileSync(path);
  },
  list: (path) => readdirSync(path).sort(),
};
