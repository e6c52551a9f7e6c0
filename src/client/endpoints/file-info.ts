import type { FileInfo } from "../../api/index.ts";
import { formatRfc3339, instantOf } from "../../base/index.ts";
import type { FileStatus } from "../../runtime/index.ts";

const typeBits = 0o170000;

/** The first letter of a mode, by the type bits, as Go prints it. */
const typeLetters: ReadonlyMap<number, string> = new Map([
  [0o040000, "d"],
  [0o120000, "L"],
  [0o010000, "p"],
  [0o140000, "S"],
  [0o060000, "D"],
  [0o020000, "Dc"],
]);

/** A file as the API shows it. */
export function fileInfoOf(status: FileStatus): FileInfo {
  return {
    Name: status.name,
    IsDir: status.isDirectory,
    Size: status.sizeBytes,
    FileMode: formatMode(status.mode),
    ModTime: formatRfc3339(instantOf(status.modifiedAt)),
  };
}

/** `drwxr-xr-x`. Marks such as setuid come as letters before the rest, which is how Go writes them. */
function formatMode(mode: number): string {
  const marks = [
    typeLetters.get(mode & typeBits) ?? "",
    (mode & 0o4000) !== 0 ? "u" : "",
    (mode & 0o2000) !== 0 ? "g" : "",
    (mode & 0o1000) !== 0 ? "t" : "",
  ].join("");
  const letters = [..."rwxrwxrwx"].map((letter, at) => ((mode & (0o400 >> at)) === 0 ? "-" : letter));
  return `${marks || "-"}${letters.join("")}`;
}
