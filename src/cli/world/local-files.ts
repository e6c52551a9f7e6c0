import { readdirSync, readFileSync, statSync } from "node:fs";
import type { LocalFiles } from "../environment.ts";
import { Unreadable } from "../text-source.ts";

/** Longer files are not part of a job. */
const longestFile = 4 * 1024 * 1024;

/** The files of this machine, as job files see them. */
export const localFiles: LocalFiles = {
  kind: (path) =>
    reading(path, () => {
      const found = statSync(path, { throwIfNoEntry: false });
      if (found === undefined) return undefined;
      if (found.isFile()) return "file";
      return found.isDirectory() ? "directory" : "other";
    }),
  read: (path) =>
    reading(path, () => {
      const { size } = statSync(path);
      if (size > longestFile) throw new Unreadable(`it is longer than ${longestFile} bytes`);
      return readFileSync(path);
    }),
  list: (path) => reading(path, () => readdirSync(path).sort()),
};

/** What the operating system refuses is not our defect: the user is told why. */
function reading<Found>(path: string, read: () => Found): Found {
  if (path.includes("\0")) throw new Unreadable("no path has a NUL character");
  try {
    return read();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new Unreadable(message, { cause: error });
  }
}
