/** The longest file name that Linux's file systems take, in bytes. */
const longestName = 255;

/** Why a relative path may lead elsewhere or nowhere, as the end of a sentence; undefined if it does not. */
export function pathProblem(path: string): string | undefined {
  if (path.startsWith("/")) return "is absolute";
  for (const name of path.split("/")) {
    if (name === "..") return 'leads out by ".."';
    if (name.includes("\0")) return "holds a null character";
    if (Buffer.byteLength(name) > longestName) return "holds a name that is too long";
  }
  return undefined;
}

/** Why `name` cannot be that of a file in the destination, as the end of a sentence; undefined if it can. */
export function fileNameProblem(name: string): string | undefined {
  if (name === "" || name === "." || name === "..") return "is not the name of a file";
  if (name.includes("/")) return "holds a path separator";
  return pathProblem(name);
}

/**
 * Why a link, at a path within a tree, may lead out of the tree; undefined if it does not, wherever other links lead.
 * Steps up are taken first or not at all: from the directory in which the link really is they lead no higher than the
 * tree's own, and each link met on the way down holds to the same.
 */
export function linkProblem(path: string, target: string): string | undefined {
  if (target.startsWith("/")) return "is absolute";
  const steps = target.split("/").filter((step) => step !== "" && step !== ".");
  const down = steps.findIndex((step) => step !== "..");
  const ups = down < 0 ? steps.length : down;
  const depth = path.split("/").length - 1;
  if (ups > depth) return "leads out of the artifact";
  if (steps.slice(ups).includes("..")) return "goes down and up again";
  return undefined;
}
